// What axe finds in every page and state: nothing.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { enter, ITALIAN, leaseIs, linkIs, signIn, stateIs, tallyIs } from "./support/room.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PASSWORD = "una parola molto lunga";

let regia, roma, browser;

before(async () => {
  [regia, browser] = await Promise.all([startRegia({ operators: { Anna: PASSWORD } }), launch()]);
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

test("the console's tools and dialogs, and what a director sees who does not command", async () => {
  await regia.command({ type: "add_scene", name: "Due", composition: { layout: "side_by_side", sources: ["city:roma", "city:lecce"] } });
  for (const title of ["Apertura", "Roma"]) {
    await regia.command({ type: "add_cue", cue: { title, scene: 1, city: "roma", duration_s: 300, planned_start: Date.now() * 1000 } });
  }
  await regia.command({ type: "take_next" });
  await regia.command({ type: "add_cohost", id: "luca", name: "Luca" });
  await regia.command({ type: "send_message", to: "all", text: "Grazie" });
  const page = await signIn(browser, regia.url, "Anna", PASSWORD);
  await leaseIs(page, "other");
  for (const name of ["scenes", "calls", "media", "graphics", "messages", "people", "journal", "rules"]) {
    await page.getByTestId(`tab-${name}`).click();
    assert.deepEqual(await violations(page), [], name);
  }
  await page.getByTestId("tab-scenes").click();
  await page.getByTestId("scene-1").getByRole("button").first().click();
  await page.getByTestId("cue-2").getByRole("button").first().click();
  assert.deepEqual(await violations(page), [], "what opens in lists");
  const dialogs = { "add-cue": "cue-dialog", "open-city:roma": "strip-dialog", "rundown-file": "rundown-dialog", compose: "compose-dialog", lease: "lease-dialog" };
  for (const [button, dialog] of Object.entries(dialogs)) {
    await page.getByTestId(button).click();
    await page.getByTestId(dialog).waitFor({ state: "visible" });
    assert.deepEqual(await violations(page), [], dialog);
    if (dialog === "compose-dialog") {
      for (const layout of ["picture_in_picture", "free"]) {
        await page.getByTestId(`layout-${layout}`).click();
        assert.deepEqual(await violations(page), [], layout);
      }
    }
    await page.keyboard.press("Escape");
  }
  await page.getByTestId("tab-people").click();
  await page.getByTestId("person-city-roma").getByTestId("links").click();
  await page.getByTestId("make-link").click();
  await page.getByTestId("qr").waitFor();
  assert.deepEqual(await violations(page), [], "a new link");
  await page.close();
});

test("a co-host's page, on a phone and on a desk, and a channel that asks for a code", async () => {
  const page = await browser.newPage({ locale: "it-IT", viewport: { width: 390, height: 844 } });
  await page.goto(await regia.link("cohosts/luca"));
  await page.getByText("Ciao Luca").waitFor();
  await page.locator("[data-testid=join]:enabled").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.setViewportSize({ width: 1280, height: 800 });
  assert.deepEqual(await violations(page), []);
  await regia.ask("PUT", "/api/v1/channels/milano/code", { code: "musica26" });
  await page.goto(`${regia.url}/?channel=milano`);
  await page.getByTestId("access-code").waitFor();
  assert.deepEqual(await violations(page), []);
  await page.close();
});

test("the console: live, with the shortcuts open, in English, on a phone, and without its server", async () => {
  await regia.command({ type: "cut_to", source: "city:roma" });
  await regia.command({ type: "set_preview", source: "city:lecce" });
  const page = await enter(browser, regia.url);
  await Promise.all([stateIs(page, "roma", "live"), tallyIs(page, "roma", "program"), tallyIs(page, "lecce", "preview")]);
  assert.deepEqual(await violations(page), []);
  for (const kind of ["dip", "wipe", "push"]) {
    await page.getByTestId(`kind-${kind}`).click();
    await page.locator(`[data-testid=kind-${kind}][aria-pressed=true]`).waitFor();
    assert.deepEqual(await violations(page), [], kind);
  }
  await page.keyboard.press("Shift+KeyB");
  await page.getByTestId("program-black").waitFor();
  await page.keyboard.press("m");
  await page.getByTestId("multiview-alone").waitFor();
  assert.deepEqual(await violations(page), [], "black, and the multiview");
  await page.keyboard.press("m");
  await page.keyboard.press("Shift+KeyB");
  await page.getByTestId("program-black").waitFor({ state: "detached" });
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
