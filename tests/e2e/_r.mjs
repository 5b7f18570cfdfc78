import { launch, colour } from "./support/browser.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { enter, linkIs, stateIs } from "./support/room.js";
let regia = await startRegia(); const browser = await launch();
const cities = [publisher(regia.url, "lecce"), publisher(regia.url, "roma")];
const page = await enter(browser, regia.url);
await Promise.all([stateIs(page, "lecce", "live"), stateIs(page, "roma", "live")]);
await new Promise(r => setTimeout(r, 5000));
page.on("pageerror", e => console.log("PAGEERROR", e)); page.on("console", m => console.log("console", m.text().slice(0,400)));
page.on("response", r => r.url().includes("whep") && console.log("   ", r.request().method(), r.url().slice(-60), r.status()));
for (let k = 0; k < 1; k++) {
  await regia.stop(); 
  const t0 = Date.now();
  regia = await startRegia({ address: new URL(regia.url).host });
  console.log("restart", k, Date.now() - t0);
  let last = "";
  while (Date.now() - t0 < 17000) {
    const s = await page.evaluate(() => [document.querySelector("[data-testid=console]").dataset.link, ...[...document.querySelectorAll(".screen")].map(e => e.dataset.testid + "=" + e.dataset.state + "/" + e.querySelector("video").readyState), ...[...document.querySelectorAll("[data-testid^=tile-]")].map(e=>e.dataset.state)].join(" "));
    if (s !== last) console.log(k, Date.now() - t0, s); last = s;
    await new Promise(r => setTimeout(r, 100));
  }
}
await browser.close(); for (const c of cities) await c.leave(); console.log(regia.log.slice(-30).join("\n")); await regia.stop();
