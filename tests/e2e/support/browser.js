// Debian's Chromium: it encodes and decodes H.264, so the real codecs are tested end to end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { cityKey } from "./regia.js";
import { writePicture, writeTone } from "./media.js";
import { until } from "./wait.js";

const FLAGS = [
  "--no-sandbox",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-features=WebRtcHideLocalIpsWithMdns",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
  "--mute-audio",
  // Headless pages share few cores here: none may be put to sleep because another one is in front.
  "--disable-background-timer-throttling",
  "--disable-backgrounding-occluded-windows",
  "--disable-renderer-backgrounding",
];

/** @param {string[]} more further flags */
export const launch = (more = []) =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...FLAGS, ...more] });

/**
 * A city: a browser on the city's page, whose camera is one colour and whose microphone is one tone.
 * @param {string} url Regia's address
 * @param {string} id the city
 * @param {{ y: number, u: number, v: number, hertz: number, width?: number, height?: number }} look
 */
export async function city(url, id, look) {
  const folder = mkdtempSync(join(tmpdir(), `regia-${id}-`));
  const [picture, sound] = [join(folder, "camera.y4m"), join(folder, "microphone.wav")];
  writePicture(picture, look);
  writeTone(sound, look.hertz);
  const browser = await launch([
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${picture}`,
    `--use-file-for-fake-audio-capture=${sound}`,
  ]);
  const context = await browser.newContext({ locale: "it-IT" });
  let page = null;
  return {
    /** Goes live as people do: opens the city's link and presses the button. */
    async publish() {
      page = await context.newPage();
      await page.goto(`${url}/city/${id}#key=${cityKey(id)}`);
      await page.getByTestId("go-live").click();
      await page.locator("[data-testid=tally][data-state=live]").waitFor();
    },
    /** The publisher's own view of the bandwidth it may use, in bit/s. */
    async availableBitrate() {
      return 1000 * Number(await page.getByTestId("figures").getAttribute("data-available-kbps"));
    },
    /** Leaves the seat by the button. */
    async leave() {
      await page.getByTestId("stop").click();
      await page.locator("[data-testid=tally][data-state=idle]").waitFor();
      await page.close();
    },
    /** Is gone without a goodbye: the page crashes. */
    async vanish() {
      const crashed = page.waitForEvent("crash");
      page.goto("chrome://crash").catch(() => {});
      await crashed;
      await page.close();
    },
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * Somebody with a microphone whose sound is one tone: a co-host, or an operator who talks.
 * @param {number} hertz
 */
export async function voice(hertz) {
  const folder = mkdtempSync(join(tmpdir(), `regia-${hertz}-`));
  const sound = join(folder, "microphone.wav");
  writeTone(sound, hertz);
  const browser = await launch([
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-audio-capture=${sound}`,
  ]);
  return {
    browser,
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/**
 * The mean colour of the upper half of a playing video, and whether it plays.
 * @param {import("playwright-core").Page} page
 * @param {string} selector of the video element
 */
export const colour = (page, selector) =>
  page.evaluate((selector) => {
    const video = document.querySelector(selector);
    if (!video?.videoWidth || video.readyState < 2) return null;
    const canvas = new OffscreenCanvas(16, 9);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(video, 0, 0, video.videoWidth, video.videoHeight / 2, 0, 0, 16, 9);
    const { data } = context.getImageData(0, 0, 16, 9);
    const sum = [0, 0, 0];
    for (let n = 0; n < data.length; n += 4) for (let c = 0; c < 3; c++) sum[c] += data[n + c];
    return sum.map((value) => Math.round(value / (data.length / 4)));
  }, selector);

/**
 * The spectrum of a playing element's sound: the level of each of these tones in dBFS; null while there is no sound.
 * @param {import("playwright-core").Page} page
 * @param {string} selector of the video or audio element
 * @param {number[]} tones in Hz
 */
export const levels = async (page, selector, tones) => {
  const bins = await spectrum(page, selector);
  const bin = (hertz) => Math.round((hertz * 16_384) / 48_000);
  // A tone's energy lies around its place.
  return bins && tones.map((hertz) => Math.max(...bins.slice(bin(hertz) - 3, bin(hertz) + 4)));
};

/** Heard is what is louder than this, silent what is lower than that, in dBFS. */
const HEARD = -50;
const SILENT = -75;

/**
 * Waits until a playing element sounds of these tones and not of those, in Hz.
 * @param {import("playwright-core").Page} page
 * @param {string} selector of the video or audio element
 * @param {number[]} tones
 * @param {number[]} others
 */
export const hears = (page, selector, tones, others) =>
  until(
    `${tones} Hz are heard and ${others} Hz are not`,
    () => levels(page, selector, [...tones, ...others]),
    (found) =>
      found !== null && found.slice(0, tones.length).every((level) => level > HEARD) && found.slice(tones.length).every((level) => level < SILENT),
    60,
  );

/**
 * The strongest tone of a playing video's sound, in Hz, with its level in dBFS; 0 Hz when there is silence.
 * @param {import("playwright-core").Page} page
 * @param {string} selector of the video element
 */
export const tone = async (page, selector) => {
  const bins = await spectrum(page, selector);
  if (bins === null) return null;
  const peak = bins.reduce((best, level, bin) => (level > bins[best] ? bin : best), 0);
  const level = bins[peak];
  return { hertz: level > -70 ? Math.round((peak * 48_000) / 16_384) : 0, level };
};

/** Levels in dBFS from 0 Hz on, in steps of 48000 / 16384 Hz. */
const spectrum = (page, selector) =>
  page.evaluate(async (selector) => {
    const stream = document.querySelector(selector)?.srcObject;
    if (!stream?.getAudioTracks().length) return null;
    globalThis.regiaEars ??= new Map();
    let ear = globalThis.regiaEars.get(stream.id);
    if (!ear) {
      const context = new AudioContext({ sampleRate: 48_000 });
      const analyser = new AnalyserNode(context, { fftSize: 16_384, smoothingTimeConstant: 0 });
      context.createMediaStreamSource(stream).connect(analyser);
      ear = { context, analyser };
      globalThis.regiaEars.set(stream.id, ear);
    }
    await ear.context.resume();
    const bins = new Float32Array(ear.analyser.frequencyBinCount);
    ear.analyser.getFloatFrequencyData(bins);
    // What is silent has no level at all, which JSON cannot tell.
    return [...bins].map((level) => Math.max(level, -200));
  }, selector);
