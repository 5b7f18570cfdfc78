// What axe finds in every page and state: nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { enter, ITALIAN, linkIs, stateIs, tallyIs } from "./support/room.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let regia, roma, browser;

before(async () => {
  [regia, browser] = await Promise.all([startRegia(), launch()]);
  roma = publisher(regia.url, "roma");
  await regia.command({ type: "cut_to", source: "city:roma" });
  await regia.command({ type: "set_preview", source: "city:lecce" });
});

after(async () => {
  await browser?.close();
  await roma?.leave();
  await regia?.stop();
});

/** The violations in what a page shows now, with their places. */
async function violations(page) {
  await page.evaluate(AXE);
  const { violations, passes } = await page.evaluate(() => globalThis.axe.run());
  assert.ok(passes.length > 15, "axe has looked at a page");
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`);
}

for (const [width, height] of [[1280, 800], [390, 844]]) {
  test(`the watch page at ${width}×${height}`, async () => {
    const page = await browser.newPage({ locale: "it-IT", viewport: { width, height } });
    await page.goto(regia.url);
    await page.getByTestId("sound-offer").waitFor();
    await page.locator("[data-testid=tile-roma][data-state=on-air]").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByTestId("sound-offer").click();
    await page.getByTestId("tile-lecce").click();
    await page.getByTestId("live-badge").waitFor();
    assert.deepEqual(await violations(page), []);
    await page.close();
  });
}

test("the console's door, also after a wrong key", async () => {
  const page = await browser.newPage(ITALIAN);
  await page.goto(`${regia.url}/console`);
  await page.getByTestId("password").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId("by-key").click();
  await page.getByTestId("key").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.getByTestId("key").fill("not-the-key-of-the-test");
  await page.getByTestId("enter").click();
  await page.getByTestId("wrong-key").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.close();
});

test("the console: live, with the shortcuts open, in English, on a phone, and without its server", async () => {
  const page = await enter(browser, regia.url);
  await Promise.all([stateIs(page, "roma", "live"), tallyIs(page, "roma", "program"), tallyIs(page, "lecce", "preview")]);
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("?");
  await page.getByTestId("shortcuts").waitFor({ state: "visible" });
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press("Escape");
  await page.getByTestId("language-en").click();
  await page.setViewportSize({ width: 390, height: 844 });
  assert.deepEqual(await violations(page), []);
  regia.freeze();
  try {
    await linkIs(page, "lost");
    assert.deepEqual(await violations(page), []);
  } finally {
    regia.thaw();
  }
  await page.close();
});
