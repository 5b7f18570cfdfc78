// A city's page: the link, the tally, what it says when something is refused, and who has the seat.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { wordsOf } from "./support/look.js";
import { cityKey, startRegia } from "./support/regia.js";
import { faultsOf } from "./support/room.js";
import { until } from "./support/wait.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { locale: "it-IT", viewport: { width: 390, height: 844 } };
// What both languages say alike: names (of the test's devices too), units and words that they share.
const SHARED = "regia prova roma mbit fps mixer camera fake audio input".split(" ");

let regia, house, strict;

before(async () => {
  const devices = "--use-fake-device-for-media-stream";
  [regia, house, strict] = await Promise.all([
    startRegia(),
    launch([devices, "--use-fake-ui-for-media-stream"]),
    launch([devices, "--deny-permission-prompts"]),
  ]);
});

after(async () => {
  await Promise.all([house?.close(), strict?.close()]);
  await regia?.stop();
});

async function open(browser, fragment = `#key=${cityKey("roma")}`) {
  const page = await browser.newPage(PHONE);
  page.faults = faultsOf(page);
  await page.goto(`${regia.url}/city/roma${fragment}`);
  return page;
}

const tallyIs = (page, selector) => page.locator(`[data-testid=tally]${selector}`).waitFor();
const faultIs = (page, fault) => page.locator(`[data-testid=fault][data-fault=${fault}]`).waitFor();

async function goLive(page) {
  await page.getByTestId("go-live").click();
  await tallyIs(page, "[data-state=live]");
}

const stateOfRoma = async () => (await regia.show()).show.cities.find(({ id }) => id === "roma").state.state;

/** What axe finds in what a page shows now, and how much too wide it is. */
async function flaws(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return [...violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`), ...(wide ? [`${wide} px too wide`] : [])];
}

test("a city that there is not has no page", async () => {
  assert.equal((await fetch(`${regia.url}/city/atlantide`)).status, 404);
});

test("the link alone brings a city live, and the tally tells when it is on air", async () => {
  const page = await open(house);
  await page.getByTestId("go-live").waitFor();
  assert.equal(page.url(), `${regia.url}/city/roma`, "the key has left the address bar");
  assert.deepEqual(await flaws(page), []);
  await page.getByTestId("see-camera").click();
  await page.getByTestId("music").waitFor();
  assert.equal(await stateOfRoma(), "offline", "one's own picture is seen by nobody else");
  await goLive(page);
  await page.getByTestId("tally").getByText("Pronti").waitFor();
  assert.deepEqual(await flaws(page), []);
  await regia.command({ type: "cut_to", source: "city:roma" });
  await tallyIs(page, "[data-tally=program]");
  await page.getByTestId("tally").getByText("In onda", { exact: true }).waitFor();
  await page.getByTestId("figures").waitFor();
  assert.deepEqual(await flaws(page), []);

  const italian = await wordsOf(page);
  await page.getByTestId("language-en").click();
  await page.getByTestId("tally").getByText("On air").waitFor();
  const english = await wordsOf(page);
  assert.deepEqual(english.filter((word) => italian.includes(word) && !SHARED.includes(word)), []);
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(await flaws(page), []);

  await page.getByTestId("microphone-off").click();
  await page.getByTestId("camera-off").click();
  assert.deepEqual(await flaws(page), []);
  await page.getByTestId("stop").click();
  await tallyIs(page, "[data-state=idle]");
  await page.getByTestId("tally").getByText("Your slate is on air").waitFor();
  assert.deepEqual(await flaws(page), []);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("a page that closes leaves its seat at once", async () => {
  const page = await open(house);
  await goLive(page);
  await page.goto("about:blank");
  // Without the goodbye it would be lost, and only after a while.
  await until("Roma has left", stateOfRoma, (state) => state === "offline", 5);
  await page.close();
});

test("a refused camera is explained", async () => {
  const page = await open(strict);
  await page.getByTestId("go-live").click();
  await faultIs(page, "denied");
  assert.deepEqual(await flaws(page), []);
  await page.close();
});

test("a page without https says that it needs it", async () => {
  const page = await house.newPage(PHONE);
  // What a browser does on an address that is not secure.
  await page.addInitScript(() => Object.defineProperty(navigator, "mediaDevices", { value: undefined }));
  await page.goto(`${regia.url}/city/roma#key=${cityKey("roma")}`);
  await page.getByTestId("go-live").click();
  await faultIs(page, "insecure");
  await page.close();
});

test("a missing key is asked for, a wrong one again", async () => {
  const page = await open(house, "");
  assert.deepEqual(await flaws(page), []);
  await page.getByTestId("key").fill("not-the-key-of-roma");
  await page.getByTestId("enter").click();
  await page.getByTestId("wrong-key").waitFor();
  assert.deepEqual(await flaws(page), []);
  await page.getByTestId("key").fill(cityKey("roma"));
  await page.getByTestId("enter").click();
  await goLive(page);
  await page.reload();
  await page.getByTestId("go-live").waitFor();
  await page.close();
});

test("who joins last has the seat, and who had it is told", async () => {
  const [first, second] = [await open(house), await open(house)];
  await goLive(first);
  await goLive(second);
  await faultIs(first, "taken");
  await tallyIs(second, "[data-state=live]");
  await Promise.all([first.close(), second.close()]);
});
