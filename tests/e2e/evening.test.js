// The evening in real browsers: two cities publish from cameras of one colour and microphones of one tone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { city, colour, launch, tone } from "./support/browser.js";
import { startPacketViewer } from "./support/packet-viewer.js";
import { OPERATOR_KEY, startRegia } from "./support/regia.js";
import { until } from "./support/wait.js";

// Colours by YUV, far apart in RGB; tones far apart in the spectrum.
const LECCE = { y: 90, u: 200, v: 90, hertz: 440 }; // blue
const ROMA = { y: 120, u: 70, v: 200, hertz: 1000 }; // orange

const isBlue = (rgb) => rgb !== null && rgb[2] > rgb[0] + 80;
const isOrange = (rgb) => rgb !== null && rgb[0] > rgb[2] + 80;
const isSlate = (rgb) => rgb !== null && Math.max(...rgb) < 70;
const sounds = (hertz) => (heard) => heard !== null && Math.abs(heard.hertz - hertz) < 12;
const isSilent = (heard) => heard !== null && heard.hertz === 0;

const PLAYER = "[data-testid=player] video";

let regia, lecce, roma, house;
const watchers = {};

before(async () => {
  regia = await startRegia();
  [lecce, roma, house] = await Promise.all([city(regia.url, "lecce", LECCE), city(regia.url, "roma", ROMA), launch()]);
  for (const channel of ["program", "lecce", "roma"]) {
    const page = await house.newPage();
    await page.goto(`${regia.url}/?channel=${channel}`);
    watchers[channel] = page;
  }
});

after(async () => {
  await Promise.all([lecce?.close(), roma?.close(), house?.close()]);
  await regia?.stop();
});

const sees = (channel, what, is) => until(`${channel} shows ${what}`, () => colour(watchers[channel], PLAYER), is);
const hears = (channel, what, is) => until(`${channel} sounds ${what}`, () => tone(watchers[channel], PLAYER), is);
const stateOf = async (id) => (await regia.show()).show.cities.find((city) => city.id === id).state.state;

test("a city that is not there still has a channel: its slate", async () => {
  await sees("lecce", "a slate", isSlate);
  await sees("program", "a slate", isSlate);
});

test("each city's channel shows its colour and sounds its tone", async () => {
  await Promise.all([lecce.publish(), roma.publish()]);
  await sees("lecce", "Lecce's blue", isBlue);
  await sees("roma", "Roma's orange", isOrange);
  await hears("lecce", "Lecce's tone", sounds(LECCE.hertz));
  await hears("roma", "Roma's tone", sounds(ROMA.hertz));
});

test("bandwidth feedback reaches the publisher's browser", async () => {
  await until("more than 1 Mbit/s available", () => roma.availableBitrate(), (bitrate) => bitrate > 1_000_000, 60);
});

test("a cut from the console changes program, and a city's channel misses no packet and no frame", async () => {
  const console_ = await house.newPage();
  await console_.goto(`${regia.url}/console#key=${OPERATOR_KEY}`);
  await until("Lecce is live", () => stateOf("lecce"), (state) => state === "live");
  await until("Roma is live", () => stateOf("roma"), (state) => state === "live");
  const packets = await startPacketViewer(regia.url, "roma");
  await until("the packet viewer receives", () => packets.report(), ({ frames }) => frames > 15);

  await console_.getByTestId("link-state").and(console_.locator("[data-state=up]")).waitFor();
  await console_.keyboard.press("Shift+Digit1");
  await sees("program", "Lecce's blue", isBlue);
  await hears("program", "Lecce's tone", sounds(LECCE.hertz));
  await console_.keyboard.press("Digit2");
  await console_.locator("[data-testid=tile-roma][data-tally=preview]").waitFor();
  await console_.keyboard.press("Space");
  await sees("program", "Roma's orange", isOrange);
  await hears("program", "Roma's tone", sounds(ROMA.hertz));
  await console_.locator("[data-testid=tile-roma][data-tally=program]").waitFor();
  await console_.keyboard.press("Enter");
  await sees("program", "Lecce's blue", isBlue);

  // What was reordered or lost on the way has time to come: then nothing is missing.
  await until("no packet is missing on Roma's channel", () => packets.report(), ({ missing }) => missing === 0, 5);
  const { frames, brokenFrames } = await packets.stop();
  assert.equal(brokenFrames, 0, "frames broken on Roma's channel");
  assert.ok(frames > 30, `${frames} frames`);
  await console_.close();
});

test("a city that drops becomes a slate on its channel and in program, and its return heals both", async () => {
  await lecce.vanish();
  await sees("lecce", "a slate", isSlate);
  await sees("program", "a slate", isSlate);
  await hears("program", "silence", isSilent);
  await until("Lecce is lost or has left", () => stateOf("lecce"), (state) => state !== "live");
  assert.ok(isOrange(await colour(watchers.roma, PLAYER)), "Roma is untouched");
  await lecce.publish();
  await sees("lecce", "Lecce's blue", isBlue);
  await sees("program", "Lecce's blue", isBlue);
  await hears("program", "Lecce's tone", sounds(LECCE.hertz));
});

test("a viewer changes channel on the same connection", async () => {
  const page = watchers.roma;
  const sessions = [];
  page.on("request", (request) => request.method() === "POST" && sessions.push(request.url()));
  await page.getByTestId("tile-lecce").click();
  await sees("roma", "Lecce's blue", isBlue);
  await page.getByTestId("tile-program").click();
  await page.getByTestId("tile-roma").click();
  await sees("roma", "Roma's orange", isOrange);
  assert.deepEqual(sessions, [], "no new session was negotiated");
});
