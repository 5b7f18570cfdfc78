// The control room in a real browser against a real server: who gets in, what keys and clicks do, what tally says, and
// what happens when a city, or the server, goes away.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { plays, wordsOf } from "./support/look.js";
import { publisher } from "./support/publisher.js";
import { OPERATOR_KEY, startRegia } from "./support/regia.js";
import { enter, ITALIAN, linkIs, stateIs, tallyIs } from "./support/room.js";
import { until } from "./support/wait.js";

// Colours of the page's stylesheet: red is on air, green is in preview.
const RED = "rgb(224, 48, 58)";
const GREEN = "rgb(47, 191, 92)";

// What both languages say alike: names, units, and words that they share.
const SHARED = "regia prova lecce roma milano auto fps mbit media server all multiview dip console video afv link csv ctrl esc file json min sec scene operator audio dbtp lufs pfl pgm radio fader afl".split(" ");

let regia, cities, browser, page;

before(async () => {
  [regia, browser] = await Promise.all([startRegia(), launch()]);
  cities = { lecce: publisher(regia.url, "lecce"), roma: publisher(regia.url, "roma") };
  // Keys follow each other faster here than under a hand.
  await regia.command({ type: "set_settings", settings: { double_press_ms: 0, lease: { after_s: 30, then: { kind: "hold" } }, guard: { after_s: 0 } } });
  page = await enter(browser, regia.url);
  await Promise.all([stateIs(page, "lecce", "live"), stateIs(page, "roma", "live")]);
});

after(async () => {
  await browser?.close();
  await Promise.all([cities?.lecce.leave(), cities?.roma.leave()]);
  await regia?.stop();
});

const tile = (id) => page.getByTestId(`tile-${id}`);
const border = (locator, part) => locator.evaluate((element, part) => getComputedStyle(element, part).borderTopColor, part);
/** A tile's frame lies over its picture. */
const frame = (id) => border(tile(id), "::after");
/** Lecce on air, Roma in preview, and nothing asked any more. */
async function begin() {
  // The buses may stand so already: then only the answers tell that nothing is on its way any more.
  const answers = Promise.all(["cut_to", "set_preview"].map(answerTo));
  await page.keyboard.press("Shift+Digit1");
  await page.keyboard.press("Digit2");
  await answers;
  await Promise.all([tallyIs(page, "lecce", "program"), tallyIs(page, "roma", "preview")]);
}

/** The server's answer to the next command of this type. */
const answerTo = (type) =>
  page.waitForResponse(
    (response) => response.url().endsWith("/commands") && response.request().postDataJSON().command.type === type,
  );

/** The commands that a page sends while `work` is done, in order. */
async function commandsOf(work) {
  const sent = [];
  const note = (request) => request.url().endsWith("/commands") && sent.push(request.postDataJSON().command.type);
  page.on("request", note);
  await work();
  page.off("request", note);
  return sent;
}

test("the sign-in form refuses a wrong key with a word, and opens with the right one", async () => {
  const door = await browser.newPage(ITALIAN);
  await door.goto(`${regia.url}/console`);
  await door.getByTestId("by-key").click();
  await door.getByTestId("key").fill("not-the-key-of-the-test");
  await door.getByTestId("enter").click();
  await door.getByTestId("wrong-key").getByText("non è quella dell’operatore").waitFor();
  await door.getByTestId("key").fill(OPERATOR_KEY);
  await door.keyboard.press("Enter");
  await linkIs(door, "up");
  await door.reload();
  await linkIs(door, "up");
  await door.close();
});

test("the link's key opens the room and leaves the address bar", async () => {
  assert.equal(page.url(), `${regia.url}/console`);
  const stranger = await browser.newPage(ITALIAN);
  await stranger.goto(`${regia.url}/console#key=not-the-key-of-the-test`);
  await stranger.getByTestId("wrong-key").waitFor();
  assert.equal(stranger.url(), `${regia.url}/console`);
  await stranger.close();
});

test("a digit and a click put a city in preview, with a moving picture, in green and in words", async () => {
  await page.keyboard.press("Digit2");
  await tallyIs(page, "roma", "preview");
  assert.equal(await page.getByTestId("preview-caption").textContent(), "Roma");
  await plays(page, "preview-player", "roma");
  await tile("lecce").click();
  await tallyIs(page, "lecce", "preview");
  await tallyIs(page, "roma", "off");
  await plays(page, "preview-player", "lecce");
  assert.match(await tile("lecce").innerText(), /anteprima/i);
  assert.doesNotMatch(await tile("roma").innerText(), /anteprima|in onda/i);
  assert.equal(await frame("lecce"), GREEN);
  assert.equal(await border(page.getByTestId("preview")), GREEN);
  await page.keyboard.press("Digit3");
  await tallyIs(page, "milano", "preview");
});

test("every live city's tile moves", async () => {
  await plays(page, "tile-player-lecce", "lecce");
  await plays(page, "tile-player-roma", "roma");
});

test("Space cuts: preview goes on air, in red and in words, and program to preview", async () => {
  await page.keyboard.press("Digit1");
  await tallyIs(page, "lecce", "preview");
  await page.keyboard.press("Space");
  await tallyIs(page, "lecce", "program");
  await plays(page, "program-player", "lecce");
  assert.match(await tile("lecce").innerText(), /in onda/i);
  assert.match(await page.getByTestId("program").innerText(), /in onda/i);
  assert.match(await page.getByTestId("program-caption").textContent(), /^Lecce · 00:\d\d$/);
  assert.equal(await frame("lecce"), RED);
  assert.equal(await border(page.getByTestId("program")), RED);
  await page.getByTestId("tab-journal").click();
  await page.getByTestId("journal").getByText("stacco").first().waitFor();
});

test("Shift with a digit or a click cuts straight to a city and leaves preview alone", async () => {
  await begin();
  await page.keyboard.press("Shift+Digit3");
  await tallyIs(page, "milano", "program");
  await tallyIs(page, "roma", "preview");
  await plays(page, "program-player", "slate");
  await tile("lecce").click({ modifiers: ["Shift"] });
  await tallyIs(page, "lecce", "program");
  await tallyIs(page, "roma", "preview");
});

test("Enter mixes: both cities are on air while it runs, and a second one turns it back", async () => {
  await begin();
  await page.getByTestId("duration").press("End");
  await until("the mix takes 3 s", () => page.getByTestId("transition").innerText(), (text) => text.includes("3000 ms"));
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=transition][data-running=true]").waitFor();
  assert.equal(await page.getByTestId("program-caption").textContent(), "Lecce › Roma");
  await Promise.all([tallyIs(page, "roma", "program"), tallyIs(page, "lecce", "program")]);
  await page.getByTestId("auto").getByText("torna indietro").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=transition][data-reversed=true]").waitFor();
  await page.locator("[data-testid=transition][data-running=false]").waitFor();
  await Promise.all([tallyIs(page, "lecce", "program"), tallyIs(page, "roma", "preview")]);
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=transition][data-running=true]").waitFor();
  await page.locator("[data-testid=transition][data-running=false]").waitFor();
  await tallyIs(page, "lecce", "preview");
  await plays(page, "program-player", "roma");
});

test("a held key is one command, and keys are silent while somebody types", async () => {
  await begin();
  const held = await commandsOf(async () => {
    await page.keyboard.down("Space");
    for (let n = 0; n < 5; n++) await page.keyboard.down("Space");
    await page.keyboard.up("Space");
    await tallyIs(page, "roma", "program");
  });
  assert.deepEqual(held, ["cut"]);
  await page.evaluate(() => document.body.append(Object.assign(document.createElement("input"), { id: "field" })));
  const typed = await commandsOf(async () => {
    await page.locator("#field").focus();
    await page.keyboard.type("12 0?");
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#field").inputValue(), "12 0?");
    await page.evaluate(() => document.querySelector("#field").remove());
    await page.keyboard.press("Digit3");
    await tallyIs(page, "milano", "preview");
  });
  assert.deepEqual(typed, ["set_preview"]);
});

test("keys in quick succession come in their order", async () => {
  await begin();
  const sent = await commandsOf(async () => {
    // The buses stand in the end as they stood: only the last answer tells that all was asked.
    const last = answerTo("cut_to");
    for (const key of ["Digit3", "Space", "Digit2", "Shift+Digit1"]) await page.keyboard.press(key);
    await last;
    await Promise.all([tallyIs(page, "lecce", "program"), tallyIs(page, "roma", "preview")]);
    await page.getByTestId("tile-milano").and(page.locator("[data-tally=off]")).waitFor();
  });
  assert.deepEqual(sent, ["set_preview", "cut", "set_preview", "cut_to"]);
});

test("a click on Cut does not make Space press it again", async () => {
  await begin();
  const sent = await commandsOf(async () => {
    await page.getByTestId("cut").click();
    await tallyIs(page, "roma", "program");
    await page.keyboard.press("Space");
    await tallyIs(page, "lecce", "program");
  });
  assert.deepEqual(sent, ["cut", "cut"]);
});

test("the question mark shows the shortcuts, which are silent meanwhile", async () => {
  await begin();
  const sent = await commandsOf(async () => {
    await page.keyboard.press("?");
    await page.getByTestId("shortcuts").getByText("Stacca subito su quella città").waitFor();
    await page.keyboard.press("Shift+Digit2");
    await page.keyboard.press("Escape");
    await page.getByTestId("shortcuts").waitFor({ state: "hidden" });
    await page.getByTestId("help").click();
    await page.getByTestId("shortcuts").waitFor({ state: "visible" });
    await page.keyboard.press("?");
    await page.getByTestId("shortcuts").waitFor({ state: "hidden" });
  });
  assert.deepEqual(sent, []);
});

test("two consoles show the same", async () => {
  await begin();
  const other = await enter(browser, regia.url);
  await Promise.all([tallyIs(other, "lecce", "program"), tallyIs(other, "roma", "preview")]);
  await other.keyboard.press("Space");
  await Promise.all([tallyIs(page, "roma", "program"), tallyIs(page, "lecce", "preview")]);
  await page.getByTestId("kind-cut").click();
  await other.locator("[data-testid=kind-cut][aria-pressed=true]").waitFor();
  await page.getByTestId("kind-mix").click();
  await other.locator("[data-testid=kind-mix][aria-pressed=true]").waitFor();
  await other.close();
});

test("all is said in Italian and in English", async () => {
  const italian = await wordsOf(page);
  await page.getByTestId("language-en").click();
  await page.getByTestId("preview").getByText("Preview").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  const english = await wordsOf(page);
  await page.getByTestId("language-it").click();
  for (const words of [italian, english]) assert.ok(words.length > 40 && !words.includes("undefined"), words.join(" "));
  assert.deepEqual(english.filter((word) => italian.includes(word) && !SHARED.includes(word)), []);
});

test("a lost city's tile says so, program shows its slate, and its return heals both", async () => {
  await begin();
  await cities.lecce.vanish();
  await stateIs(page, "lecce", "lost");
  assert.match(await tile("lecce").innerText(), /persa 00:\d\d/);
  await page.getByTestId("below").click();
  await page.locator("[data-testid=signal-lecce][data-state=lost]").waitFor();
  await tallyIs(page, "lecce", "program");
  await plays(page, "program-player", "slate");
  cities.lecce = publisher(regia.url, "lecce");
  await stateIs(page, "lecce", "live");
  await plays(page, "program-player", "lecce");
  await plays(page, "tile-player-lecce", "lecce");
});

/** The loud banner is there within 4 s, and nothing can be pressed or asked. */
async function isLoudlyLost() {
  await page.getByTestId("link-lost").waitFor({ timeout: 4_000 });
  for (const id of ["cut", "auto", "kind-mix", "tile-roma", "duration"]) {
    assert.ok(await page.getByTestId(id).isDisabled(), `${id} is disabled`);
  }
  const sent = await commandsOf(async () => {
    for (const key of ["Space", "Enter", "Digit1", "Shift+Digit2"]) await page.keyboard.press(key);
  });
  assert.deepEqual(sent, []);
}

test("a server that hangs is a lost link, and its return is enough", async () => {
  await begin();
  regia.freeze();
  try {
    await isLoudlyLost();
  } finally {
    regia.thaw();
  }
  await linkIs(page, "up");
  await page.getByTestId("link-lost").waitFor({ state: "detached" });
  await begin();
});

test("a server that stops is a lost link, and one that starts again brings everything back by itself", async () => {
  await regia.end();
  await isLoudlyLost();
  await regia.again();
  await linkIs(page, "up");
  await Promise.all([stateIs(page, "lecce", "live"), stateIs(page, "roma", "live")]);
  await plays(page, "tile-player-lecce", "lecce", 60);
  await plays(page, "tile-player-roma", "roma", 60);
  await begin();
  await plays(page, "program-player", "lecce");
  await plays(page, "preview-player", "roma");
});

test("nothing failed in the page on the way", () => {
  assert.deepEqual(page.faults, []);
});
