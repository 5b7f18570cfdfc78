// Co-hosts in real browsers: what each hears, how they come on air, how they are muted, and who talks to them in private.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hears as sounds, launch, voice } from "./support/browser.js";
import { publisher } from "./support/publisher.js";
import { startRegia } from "./support/regia.js";
import { enter, stateIs } from "./support/room.js";
import { until } from "./support/wait.js";

/** Whole periods in a second, and none a multiple of another. */
const LUCA = 500;
const MARA = 830;
const ANNA = 1170;
/** The tone of Lecce's card. */
const LECCE = 330;

let regia, lecce, browser, page;
const voices = {};
const calls = {};

before(async () => {
  regia = await startRegia();
  lecce = publisher(regia.url, "lecce");
  await regia.command({ type: "cut_to", source: "city:lecce" });
  [voices.luca, voices.mara, voices.anna] = await Promise.all([voice(LUCA), voice(MARA), voice(ANNA)]);
  for (const [id, name] of [["luca", "Luca"], ["mara", "Mara"]]) await regia.command({ type: "add_cohost", id, name });
  await regia.command({ type: "set_call_kind", cohost: "mara", kind: "guest" });
  browser = await launch();
  page = await enter(voices.anna.browser, regia.url);
  await stateIs(page, "lecce", "live");
});

after(async () => {
  await lecce?.leave();
  await Promise.all(Object.values(voices).map((voice) => voice.close()));
  await browser?.close();
  await regia?.stop();
});

/** Opens somebody's link and joins the call. */
async function join(id) {
  const call = await voices[id].browser.newPage({ locale: "it-IT", viewport: { width: 420, height: 900 } });
  await call.goto(await regia.link(`cohosts/${id}`));
  await call.getByTestId("join").click();
  await call.locator("[data-testid=return][data-state=playing]").waitFor();
  calls[id] = call;
  return call;
}

const isIn = (call, state) => call.locator(`[data-testid=call-state][data-state=${state}]`).waitFor();

/** Waits until a call hears these tones and not those. */
const hears = (call, tones, others, selector = "[data-testid=return] video") => sounds(call, selector, tones, others);

test("a host joins by a link alone, waits, hears program and is heard by nobody", async () => {
  const luca = await join("luca");
  await isIn(luca, "holding");
  await hears(luca, [LECCE], [LUCA]);
  await until("their own meter moves", () => luca.getByTestId("own-level").getAttribute("data-level"), (level) => Number(level) > -40 && level !== "");
});

test("a guest rings, is answered in private, queued and put on air in the console", async () => {
  const mara = await join("mara");
  await isIn(mara, "ringing");
  await page.getByTestId("tab-calls").click();
  await page.locator("[data-testid=call-mara][data-state=ringing]").waitFor();
  await page.getByTestId("screen_call-mara").click();
  await isIn(mara, "screening");
  await page.getByTestId("note-mara").click();
  await page.getByTestId("point-mara").fill("la musica di Bari");
  await page.getByTestId("save-note-mara").click();
  await page.getByTestId("call-mara").getByText("«la musica di Bari»").waitFor();
  await page.getByTestId("queue_call-mara").click();
  await isIn(mara, "next");
  await page.getByTestId("put_on_air-mara").click();
  await isIn(mara, "on_air");
  await page.getByTestId("put_on_air-luca").click();
  await isIn(calls.luca, "on_air");
});

test("each hears the others and program, and never themselves", async () => {
  await Promise.all([hears(calls.luca, [LECCE, MARA], [LUCA]), hears(calls.mara, [LECCE, LUCA], [MARA])]);
});

test("whoever watches program or listens to the radio hears all of them", async () => {
  const viewer = await browser.newPage();
  await viewer.goto(regia.url);
  await viewer.getByTestId("sound-offer").click();
  await hears(viewer, [LECCE, LUCA, MARA], [ANNA], "[data-testid=player] video");
  await viewer.getByTestId("tile-radio").click();
  await viewer.locator("[data-testid=player][data-channel=radio]").waitFor();
  await hears(viewer, [LECCE, LUCA, MARA], [ANNA], "[data-testid=player] video");
  await viewer.close();
});

test("the meters of the desk move, and its loudness is told", async () => {
  await page.locator("[data-testid='strip-cohost:luca'][data-heard=true]").waitFor();
  const lit = () =>
    page.evaluate(() => {
      const canvas = document.querySelector("[data-testid='meter-cohost:luca'] canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.filter((_, n) => n % 4 === 3).filter((alpha) => alpha > 0).length;
    });
  await until("Luca's meter is lit", lit, (pixels) => pixels > 100);
  await page.getByText(/Programma −\d+,\d LUFS/).waitFor();
});

test("talkback reaches the one who is spoken to, and neither another one nor program; the first press opens the microphone", async () => {
  await page.locator("[data-testid=talkback-microphone][data-state=idle]").waitFor();
  const button = page.getByTestId("talk-cohost:luca");
  await button.scrollIntoViewIfNeeded();
  await button.hover();
  await page.mouse.down();
  await calls.luca.getByText(/ti parla: non è in onda/).waitFor();
  await page.locator("[data-testid='talk-cohost:luca'][aria-pressed=true]").waitFor();
  await hears(calls.luca, [ANNA], [LUCA]);
  await hears(calls.mara, [LUCA], [ANNA, MARA]);
  await page.mouse.up();
  await hears(calls.luca, [LECCE, MARA], [ANNA, LUCA]);
});

test("a city is spoken to from its tile, is told so, and hears it with one press", async () => {
  const crew = await browser.newPage({ locale: "it-IT", viewport: { width: 420, height: 900 } });
  await crew.goto(await regia.link("cities/lecce"));
  await crew.getByTestId("watch-return").waitFor();
  await page.getByTestId("talk-city:lecce").hover();
  await page.mouse.down();
  await crew.getByTestId("speaks").getByText(/ti parla: non è in onda/).waitFor();
  await crew.getByTestId("hear-talkback").click();
  await hears(crew, [ANNA, LUCA], [LECCE]);
  await crew.getByTestId("hear-talkback").waitFor({ state: "detached" });
  await page.mouse.up();
  await crew.getByTestId("speaks").waitFor({ state: "detached" });
  await hears(crew, [LUCA, MARA], [ANNA, LECCE]);
  await page.keyboard.down("v");
  await crew.getByTestId("speaks").waitFor();
  await hears(calls.luca, [ANNA], [LUCA]);
  await page.keyboard.up("v");
  await crew.getByTestId("speaks").waitFor({ state: "detached" });
  await crew.close();
});

test("either side mutes, and both see it", async () => {
  await calls.luca.getByTestId("mute").click();
  await page.getByTestId("call-luca").getByText("si è messo muto").waitFor();
  await hears(calls.mara, [LECCE], [LUCA, MARA]);
  await calls.luca.getByTestId("mute").click();
  await page.getByTestId("desk-mute-luca").click();
  await calls.luca.getByTestId("muted-by-desk").waitFor();
  await page.getByTestId("desk-mute-luca").click();
  await hears(calls.mara, [LECCE, LUCA], [MARA]);
});

test("who loses the page comes back on air by the same link", async () => {
  await calls.luca.reload();
  await calls.luca.getByTestId("join").click();
  await isIn(calls.luca, "on_air");
  await hears(calls.mara, [LUCA], [MARA]);
});

test("who is hung up on is told, and heard no more", async () => {
  await page.getByTestId("hang_up-mara").click();
  await page.locator("[data-testid=call-mara][data-state=ended]").waitFor();
  await hears(calls.luca, [LECCE], [MARA, LUCA]);
});

test("nothing failed in the console on the way", () => {
  assert.deepEqual(page.faults, []);
});
