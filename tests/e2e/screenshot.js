// Takes the README's picture of the console: the demo with five cities, one on air, one in preview. `npm run screenshot`.
import { fileURLToPath } from "node:url";
import { colour, launch } from "./support/browser.js";
import { startDemo } from "./support/demo.js";
import { until } from "./support/wait.js";

const FILE = fileURLToPath(new URL("../../docs/console.png", import.meta.url));

// The cities' clocks and the browser's show one hour.
process.env.TZ = "Europe/Rome";
const isGreen = (rgb) => rgb !== null && rgb[1] > rgb[0] + 80;

const demo = await startDemo(5);
const browser = await launch();
try {
  await until("all cities are live", () => demo.show(), ({ cities }) => cities.every(({ state }) => state.state === "live"), 60);
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 }, locale: "it-IT", timezoneId: process.env.TZ });
  await page.goto(demo.console);
  await page.getByTestId("link-state").and(page.locator("[data-state=up]")).waitFor();
  // A few changes, so that the panels have something to tell.
  const headers = { Authorization: `Bearer ${demo.console.split("#key=")[1]}`, "Content-Type": "application/json" };
  const command = (command) => fetch(new URL("/api/v1/commands", demo.console), { method: "POST", headers, body: JSON.stringify({ command }) });
  const sources = (...ids) => ids.map((id) => `city:${id}`);
  await command({ type: "add_scene", name: "Tutte le città", composition: { layout: "grid", sources: sources("lecce", "roma", "milano", "genova", "bologna") } });
  await command({ type: "add_scene", name: "Roma ↔ Lecce", composition: { layout: "side_by_side", sources: sources("roma", "lecce") } });
  await command({ type: "add_scene", name: "Genova", composition: { layout: "full", sources: sources("genova") } });
  const plan = [["Apertura · tutte le città", 1, null, 480], ["Genova · musicisti in diretta", 3, "genova", 248], ["Roma ↔ Lecce · domande", 2, "roma", 360], ["Pillole da tutte le città", 1, null, 60], ["Bologna · ospite", null, "bologna", 360]];
  for (const [title, scene, city, duration_s] of plan) await command({ type: "add_cue", cue: { title, scene, city, duration_s } });
  await command({ type: "take_next" });
  for (const keys of ["Shift+Digit1", "Shift+Digit5", "Digit4"]) await page.keyboard.press(keys);
  await page.locator("[data-testid=tile-genova][data-tally=preview]").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=tile-bologna][data-tally=preview]").waitFor();
  await page.keyboard.press("Digit2");
  await page.locator("[data-testid=tile-roma][data-tally=preview]").waitFor();
  await page.getByTestId("program-figures").waitFor();
  // Its cue, too; its picture is on air already.
  await command({ type: "take_next" });
  await page.locator("[data-testid=cue-2][data-state=on]").waitFor();
  await until("Genova is on air", () => colour(page, "[data-testid=program-player] video"), isGreen);
  await until("every screen plays", () => page.locator(".screen").evaluateAll((all) => all.map((one) => one.dataset.state)), (all) =>
    all.length === 7 && all.every((state) => state === "playing"),
  );
  await until("every city has its figures", () => page.locator("tr[data-state]").allTextContents(), (rows) =>
    rows.every((row) => row.includes("×")),
  );
  await page.screenshot({ path: FILE });
  console.log(FILE);
} finally {
  await browser.close();
  demo.kill("SIGINT");
  await demo.ended;
}
