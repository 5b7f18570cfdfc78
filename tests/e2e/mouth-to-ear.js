// Measures how long a word takes from one co-host's page to another's ear, both in real Chromium on this machine: `npm run
// mouth-to-ear`, on a machine at rest, with `target/debug/regia` built. It holds nobody to a time: that is what `make bench` does.
import { launch } from "./support/browser.js";
import { giveMouth, heard, listen, said, speak } from "./support/bursts.js";
import { startRegia } from "./support/regia.js";
import { until } from "./support/wait.js";

const BURSTS = 40;

/** A burst that is heard later than this is none of it, in milliseconds. */
const LATEST = 500;

const regia = await startRegia();
const browser = await launch(["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]);

async function join(id, name) {
  await regia.command({ type: "add_cohost", id, name });
  const page = await browser.newPage({ locale: "it-IT", viewport: { width: 420, height: 900 } });
  await giveMouth(page);
  await page.goto(await regia.link(`cohosts/${id}`));
  await page.getByTestId("join").click();
  await page.locator("[data-testid=return][data-state=playing]").waitFor();
  await page.locator("[data-testid=call-state][data-state=holding]").waitFor();
  return page;
}

try {
  const [luca, anna] = [await join("luca", "Luca"), await join("anna", "Anna")];
  await regia.command({ type: "put_on_air", cohost: "luca" });
  await luca.locator("[data-testid=call-state][data-state=on_air]").waitFor();
  await listen(anna, "[data-testid=return] video");
  await speak(luca, true);
  await until("bursts are heard", () => heard(anna), (bursts) => bursts.length >= BURSTS, 120);
  await speak(luca, false);
  const [spoken, arrived] = [await said(luca), await heard(anna)];
  // What was said last may still be on its way.
  const delays = spoken.slice(0, BURSTS - 2).map((at) => arrived.find((other) => other > at && other < at + LATEST) - at);
  const sorted = delays.filter(Number.isFinite).sort((a, b) => a - b);
  const at = (share) => Math.round(sorted[Math.floor((sorted.length - 1) * share)]);
  console.log(`mouth to ear of ${sorted.length} words: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms; not heard: ${delays.length - sorted.length}`);
} finally {
  await browser.close();
  await regia.stop();
}
