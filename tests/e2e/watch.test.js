// The watch page in a real browser against a real server: what a viewer chooses, sees and hears, and what heals by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./support/browser.js";
import { plays, wordsOf } from "./support/look.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { faultsOf, linkIs } from "./support/room.js";
import { until } from "./support/wait.js";

const ITALIAN = { locale: "it-IT", viewport: { width: 1280, height: 800 } };

// What both languages say alike: names and words that they share.
const SHARED = "regia prova lecce roma milano video volume server camera radio".split(" ");

let regia, cities, browser, page, faults;

before(async () => {
  [regia, browser] = await Promise.all([startRegia(), launch()]);
  cities = { lecce: publisher(regia.url, "lecce"), roma: publisher(regia.url, "roma") };
  page = await browser.newPage(ITALIAN);
  faults = faultsOf(page);
  await page.goto(regia.url);
  await Promise.all([tileIs("lecce", "live"), tileIs("roma", "live")]);
});

after(async () => {
  await browser?.close();
  await Promise.all([cities?.lecce.leave(), cities?.roma.leave()]);
  await regia?.stop();
});

const tile = (channel) => page.getByTestId(`tile-${channel}`);
const tileIs = (channel, state) => page.locator(`[data-testid=tile-${channel}][data-state=${state}]`).waitFor();
const isCurrent = (channel) => page.locator(`[data-testid=tile-${channel}][aria-current=true]`).waitFor();
const cutTo = (source) => regia.command({ type: "cut_to", source });
const video = (what) => page.locator("[data-testid=player] video").evaluate((video, what) => video[what], what);
const badge = (text) => page.getByTestId("live-badge").getByText(text, { exact: true }).waitFor();

test("a visit begins with the best of", async () => {
  await isCurrent("program");
  await plays(page, "player", "slate");
  await badge("Torna tra poco");
  assert.equal(await page.title(), "Il meglio di · Prova");
});

test("who is in the best of now is said, changes by itself, and leads to all of that city", async () => {
  await cutTo("city:roma");
  await page.getByTestId("on-air-now").first().getByText("Adesso in onda: Roma").waitFor();
  await cutTo("city:lecce");
  await page.getByTestId("on-air-now").first().getByText("Adesso in onda: Lecce").waitFor();
  await tileIs("lecce", "on-air");
  await plays(page, "player", "lecce");
  await badge("In diretta");
  await page.getByTestId("follow-lecce").first().click();
  await isCurrent("lecce");
  await badge("In onda");
});

test("a tile and an address choose a channel, and the back button goes back", async () => {
  await tile("roma").click();
  await plays(page, "player", "roma");
  assert.equal(page.url(), `${regia.url}/?channel=roma`);
  await tile("program").click();
  await plays(page, "player", "lecce");
  assert.equal(page.url(), `${regia.url}/`);
  await page.goBack();
  await isCurrent("roma");
  await plays(page, "player", "roma");
  await page.keyboard.press("Digit1");
  await isCurrent("lecce");
  await plays(page, "player", "lecce");

  await page.goto(`${regia.url}/?channel=roma`);
  await isCurrent("roma");
  await plays(page, "player", "roma");
  await page.goto(`${regia.url}/?channel=atlantide`);
  await isCurrent("program");
  assert.equal(page.url(), `${regia.url}/`);
  await plays(page, "player", "lecce");
});

test("sound is offered, because browsers begin silent, and stays as chosen", async () => {
  assert.equal(await video("muted"), true);
  await page.getByTestId("sound-offer").getByText("Attiva l’audio").click();
  await until("the sound is on", () => video("muted"), (muted) => !muted);
  await page.getByTestId("sound-offer").waitFor({ state: "detached" });
  await tile("roma").click();
  await plays(page, "player", "roma");
  assert.equal(await video("muted"), false);
  await page.keyboard.press("m");
  await until("the sound is off", () => video("muted"));
});

test("a pause holds the picture and offers to go on live", async () => {
  await page.keyboard.press("k");
  await until("the picture stands", () => video("paused"));
  await page.getByTestId("resume").getByText("Riprendi la diretta").click();
  await until("the picture moves", () => video("paused"), (paused) => !paused);
});

test("a city that drops is a slate that says so, and its return needs no reload and no new session", async () => {
  await tile("lecce").click();
  await plays(page, "player", "lecce");
  await page.evaluate(() => (globalThis.loaded = "once"));
  const sessions = [];
  page.on("request", (request) => request.method() === "POST" && sessions.push(request.url()));
  await cities.lecce.vanish();
  await tileIs("lecce", "back-soon");
  await badge("Torna tra poco");
  assert.match(await tile("lecce").innerText(), /torna tra poco/);
  await plays(page, "player", "slate");
  cities.lecce = publisher(regia.url, "lecce");
  await plays(page, "player", "lecce");
  await badge("In onda");
  assert.equal(await page.evaluate(() => globalThis.loaded), "once");
  assert.deepEqual(sessions, []);
});

test("all is said in Italian and in English, and the choice is remembered", async () => {
  await tile("program").click();
  await page.getByTestId("on-air-now").first().waitFor();
  const italian = await wordsOf(page);
  await page.getByTestId("language-en").click();
  await page.getByTestId("on-air-now").first().getByText("On air now: Lecce").waitFor();
  const english = await wordsOf(page);
  for (const words of [italian, english]) assert.ok(words.length > 20 && !words.includes("undefined"), words.join(" "));
  assert.deepEqual(english.filter((word) => italian.includes(word) && !SHARED.includes(word)), []);
  await page.reload();
  await page.getByTestId("on-air-now").first().getByText("On air now: Lecce").waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await page.getByTestId("language-it").click();
});

test("on a phone nothing scrolls sideways, and all channels can be reached", async () => {
  for (const [width, height] of [[390, 844], [320, 568], [844, 390]]) {
    await page.setViewportSize({ width, height });
    for (const language of ["en", "it"]) {
      await page.getByTestId(`language-${language}`).click();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.equal(wide, 0, `${width}×${height}, ${language}`);
    }
    await tile("milano").scrollIntoViewIfNeeded();
    await tile("milano").click();
    await isCurrent("milano");
    await tile("program").click();
  }
  await page.setViewportSize(ITALIAN.viewport);
});

test("a server that starts again brings everything back without a reload", async () => {
  await tile("lecce").click();
  await plays(page, "player", "lecce");
  await page.evaluate(() => (globalThis.loaded = "once"));
  await cutTo("slate");
  await badge("In diretta");
  await regia.end();
  await linkIs(page, "lost", 4_000);
  await page.getByTestId("link-state").getByText("Collegamento perso").waitFor();
  await regia.again();
  await linkIs(page, "up");
  await plays(page, "player", "lecce", 60);
  await badge("In diretta");
  assert.equal(await page.evaluate(() => globalThis.loaded), "once");
});

test("nothing failed in the page on the way", () => {
  assert.deepEqual(faults, []);
});
