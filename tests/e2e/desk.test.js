// The desk in a real browser: what a strip does, how the desk behaves by itself, and what an operator listens to.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hears, launch } from "./support/browser.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { enter, stateIs } from "./support/room.js";
import { until } from "./support/wait.js";

/** The tones of the cities' cards, in Hz. */
const LECCE = 330;
const ROMA = 440;

let regia, browser, page, viewer;
const cities = {};

before(async () => {
  regia = await startRegia();
  for (const city of ["lecce", "roma"]) cities[city] = publisher(regia.url, city);
  await regia.command({ type: "cut_to", source: "city:lecce" });
  browser = await launch();
  page = await enter(browser, regia.url);
  viewer = await browser.newPage();
  await viewer.goto(regia.url);
  await viewer.getByTestId("sound-offer").click();
  for (const city of ["lecce", "roma"]) await stateIs(page, city, "live");
});

after(async () => {
  for (const city of Object.values(cities)) await city.leave();
  await browser?.close();
  await regia?.stop();
});

const onProgram = (tones, others) => hears(viewer, "[data-testid=player] video", tones, others);
const inTheEar = (tones, others) => hears(page, "[data-testid=monitor-ear]", tones, others);

/** The settings of a strip, as the house says. */
const strip = async (city) => (await regia.show()).show.cities.find(({ id }) => id === city).strip;
const settings = async () => (await regia.show()).show.settings;

test("an operator hears one strip alone, before or after its fader, and program stays as it is", async () => {
  await page.getByTestId("solo-city:roma").click();
  await inTheEar([ROMA], [LECCE]);
  await page.getByTestId("mute-city:roma").click();
  await page.locator("[data-testid='strip-city:roma'][data-muted=true]").waitFor();
  await inTheEar([ROMA], [LECCE]);
  await page.getByTestId("solo-kind").click();
  await page.locator("[data-testid=solo-kind][aria-pressed=true]").waitFor();
  await inTheEar([], [ROMA, LECCE]);
  await page.getByTestId("mute-city:roma").click();
  await inTheEar([ROMA], [LECCE]);
  await onProgram([LECCE], [ROMA]);
  await page.getByTestId("solo-kind").click();
  await page.getByTestId("solo-clear").click();
  await page.getByTestId("solo-clear").waitFor({ state: "detached" });
});

test("the venues out of the picture are opened by one hand, and closed again", async () => {
  await onProgram([LECCE], [ROMA]);
  await page.getByTestId("ambience").click();
  await onProgram([LECCE, ROMA], []);
  await page.getByTestId("ambience").click();
  await onProgram([LECCE], [ROMA]);
});

test("a strip's gate and the time in which it comes and goes are set in its dialog", async () => {
  await page.getByTestId("open-city:roma").click();
  const dialog = page.getByTestId("strip-dialog");
  await dialog.getByTestId("ramps-own").check();
  await dialog.getByTestId("ramp-opens").fill("500");
  await dialog.getByTestId("gate").check();
  await dialog.getByTestId("gate-hold").fill("420");
  await until("Roma has its ramps and its gate", () => strip("roma"), ({ ramps, processing }) => ramps?.opens_ms === 500 && processing.gate?.hold_ms === 420);
  await dialog.getByTestId("ramps-own").uncheck();
  await until("Roma follows the picture", () => strip("roma"), ({ ramps }) => ramps === null);
  await page.keyboard.press("Escape");
});

test("how the desk and the calls behave is set in the rules, and what somebody else sets comes into the fields", async () => {
  await page.getByTestId("tab-rules").click();
  const rules = page.getByTestId("sound-rules");
  await rules.getByTestId("duck-cities").check();
  await rules.getByTestId("duck-depth").fill("18");
  await rules.getByTestId("radio-lufs").fill("-18");
  await rules.getByTestId("next-caller").selectOption("longest_waiting");
  await rules.getByTestId("sound-rules-save").click();
  const set = await until("the rules are set", settings, ({ sound }) => sound.ducking.cities);
  assert.equal(set.sound.ducking.depth_db, 18);
  assert.equal(set.sound.loudness.radio_lufs, -18);
  assert.equal(set.calls.next_caller, "longest_waiting");
  await regia.command({ type: "set_settings", settings: { ...set, sound: { ...set.sound, dim_db: 20 } } });
  await until("the field has it", () => rules.getByTestId("dim").inputValue(), (value) => value === "20");
});

test("nothing failed in the console on the way", () => {
  assert.deepEqual(page.faults, []);
});
