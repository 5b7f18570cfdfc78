// Music of the media folder, played from the console: it is heard on program, what remains is seen, and it is faded out.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, tone } from "./support/browser.js";
import { writeTone } from "./support/media.js";
import { startRegia } from "./support/regia.js";
import { enter } from "./support/room.js";
import { until } from "./support/wait.js";

const HERTZ = { sigla: 880, tappeto: 1320 };
const PLAYER = "[data-testid=player] video";

let regia, browser, page, viewer;

before(async () => {
  const music = (folder) => {
    writeTone(join(folder, "Sigla.wav"), HERTZ.sigla, 40);
    writeTone(join(folder, "Tappeto.wav"), HERTZ.tappeto, 2);
    writeFileSync(join(folder, "rotta.mp3"), "no music");
  };
  [regia, browser] = await Promise.all([startRegia({ music }), launch()]);
  page = await enter(browser, regia.url);
  viewer = await browser.newPage();
  await viewer.goto(`${regia.url}/?channel=program`);
  await page.getByTestId("music-sigla").waitFor();
});

after(async () => {
  await browser?.close();
  await regia?.stop();
});

const isHeard = (hertz) =>
  until(`${hertz} Hz are heard on program`, () => tone(viewer, PLAYER), (heard) => heard !== null && Math.abs(heard.hertz - hertz) < 10);
const isSilent = () => until("program is silent", () => tone(viewer, PLAYER), (heard) => heard?.hertz === 0);
const plays = (id, is) => page.locator(`[data-testid=music-${id}][data-playing=${is}]`).waitFor();
/** What is seen of what remains, in seconds. */
const left = async (id) => {
  const [, minutes, seconds] = (await page.getByTestId(`left-${id}`).innerText()).match(/^−(\d+):(\d\d)$/) ?? [];
  return minutes === undefined ? null : 60 * Number(minutes) + Number(seconds);
};

test("a piece is played by a press, and what remains of it goes down", async () => {
  assert.equal(await page.getByTestId("left-sigla").innerText(), "0:40", "its length before it plays");
  await page.getByTestId("play-sigla").click();
  await plays("sigla", true);
  await isHeard(HERTZ.sigla);
  const before = await until("what remains", () => left("sigla"), (seconds) => seconds !== null);
  assert.ok(before <= 40);
  await until("it goes down", () => left("sigla"), (seconds) => seconds !== null && seconds < before);
  await page.getByTestId("strip-music:sigla").waitFor();
});

test("it is faded out by a press, and gone then", async () => {
  await page.getByTestId("fade-sigla").click();
  await page.locator("[data-testid=music-sigla][data-fades=true]").waitFor();
  await plays("sigla", false);
  await isSilent();
});

test("a loop goes on until it is told to end, and ends with its round then", async () => {
  await page.getByTestId("loop-tappeto").click();
  await page.locator("[data-testid=loop-tappeto][aria-pressed=true]").waitFor();
  await isHeard(HERTZ.tappeto);
  assert.equal((await regia.show()).show.playing[0].ends, null);
  for (const seconds of [1, 2, 1]) await until("round after round", () => left("tappeto"), (now) => now === seconds);
  await isHeard(HERTZ.tappeto);
  await page.getByTestId("loop-tappeto").click();
  await plays("tappeto", false);
  await isSilent();
});

test("a file that is no music stands among those that cannot be used, with what mends it", async () => {
  await page.getByTestId("tab-media").click();
  await page.getByTestId("media-flaws").getByText("music/rotta.mp3").waitFor();
  await page.getByTestId("media-flaws").getByText("save it as mp3").waitFor();
  assert.deepEqual(page.faults, []);
});
