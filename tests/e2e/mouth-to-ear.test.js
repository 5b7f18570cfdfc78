// Two co-hosts in real browsers: how long a word takes from one page's microphone to the other page's ear.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { giveMouth, heard, listen, said, speak } from "./support/bursts.js";
import { startRegia } from "./support/regia.js";
import { until } from "./support/wait.js";

const BURSTS = 20;

/** The budget is 150 ms, and so it is measured on a machine at rest; two browsers on two cores that others use as well need more. */
const MOST_MS = 300;

let regia, browser;

before(async () => {
  regia = await startRegia();
  for (const [id, name] of [["luca", "Luca"], ["anna", "Anna"]]) await regia.command({ type: "add_cohost", id, name });
  browser = await launch(["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]);
});

after(async () => {
  await browser?.close();
  await regia?.stop();
});

async function join(id) {
  const page = await browser.newPage({ locale: "it-IT", viewport: { width: 420, height: 900 } });
  await giveMouth(page);
  await page.goto(await regia.link(`cohosts/${id}`));
  await page.getByTestId("join").click();
  await page.locator("[data-testid=return][data-state=playing]").waitFor();
  await page.locator("[data-testid=call-state][data-state=holding]").waitFor();
  return page;
}

test("what one says another hears once, within a moment", async () => {
  const [luca, anna] = [await join("luca"), await join("anna")];
  await regia.command({ type: "put_on_air", cohost: "luca" });
  await luca.locator("[data-testid=call-state][data-state=on_air]").waitFor();
  await listen(anna, "[data-testid=return] video");
  await speak(luca, true);
  await until("bursts are heard", () => heard(anna), (bursts) => bursts.length >= BURSTS, 60);
  await speak(luca, false);
  const [spoken, arrived] = [await said(luca), await heard(anna)];
  const first = spoken.findIndex((at) => at > arrived[0] - MOST_MS);
  const delays = spoken.slice(first).map((at) => {
    const found = arrived.filter((other) => other > at && other < at + 500);
    return found.length === 1 ? found[0] - at : null;
  });
  // What was said last may still be on its way.
  const known = delays.slice(0, BURSTS - 2);
  const sorted = [...known].sort((a, b) => a - b);
  console.log(`mouth to ear: median ${Math.round(sorted[sorted.length >> 1])} ms, most ${Math.round(sorted.at(-1))} ms`);
  assert.ok(known.every((delay) => delay !== null), `each is heard once: ${JSON.stringify(delays)}`);
  assert.ok(sorted[sorted.length >> 1] < MOST_MS, JSON.stringify(delays));
});
