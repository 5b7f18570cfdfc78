// Debian's Chromium: it encodes and decodes H.264, so the real codecs are tested end to end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { cityKey } from "./regia.js";
import { writePicture, writeTone } from "./media.js";

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
 * A city: a browser whose camera is one colour and whose microphone is one tone.
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
  const page = await browser.newPage();
  await page.goto(url);
  return {
    page,
    /** Publishes by WHIP, as a browser page does. */
    publish: () => page.evaluate(publish, { endpoint: `${url}/whip/${id}`, key: cityKey(id), look }),
    /** The publisher's own view of the bandwidth it may use, in bit/s. */
    availableBitrate: () => page.evaluate(availableBitrate),
    /** Ends the session with DELETE. */
    leave: () => page.evaluate(() => globalThis.session.leave()),
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true });
    },
  };
}

async function publish({ endpoint, key, look }) {
  const { width = 640, height = 360 } = look;
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width, height },
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  const peer = new RTCPeerConnection();
  for (const track of stream.getTracks()) peer.addTransceiver(track, { direction: "sendonly", streams: [stream] });
  await peer.setLocalDescription();
  await new Promise((resolve) => {
    if (peer.iceGatheringState === "complete") resolve();
    peer.addEventListener("icegatheringstatechange", () => peer.iceGatheringState === "complete" && resolve());
  });
  const headers = { "Content-Type": "application/sdp", Authorization: `Bearer ${key}` };
  const answer = await fetch(endpoint, { method: "POST", headers, body: peer.localDescription.sdp });
  if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
  const session = new URL(answer.headers.get("Location"), endpoint).href;
  await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  globalThis.session = {
    peer,
    leave: async () => {
      peer.close();
      const left = await fetch(session, { method: "DELETE", headers: { Authorization: `Bearer ${key}` } });
      if (left.status !== 200) throw new Error(`DELETE ${left.status}`);
    },
  };
}

async function availableBitrate() {
  const stats = await globalThis.session.peer.getStats();
  return Math.max(0, ...[...stats.values()].map((entry) => entry.availableOutgoingBitrate ?? 0));
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
 * The strongest tone of a playing video's sound, in Hz, with its level in dBFS; 0 Hz when there is silence.
 * @param {import("playwright-core").Page} page
 * @param {string} selector of the video element
 */
export const tone = (page, selector) =>
  page.evaluate(async (selector) => {
    const stream = document.querySelector(selector)?.srcObject;
    if (!stream?.getAudioTracks().length) return null;
    globalThis.ears ??= new Map();
    let ear = globalThis.ears.get(stream.id);
    if (!ear) {
      const context = new AudioContext({ sampleRate: 48_000 });
      const analyser = new AnalyserNode(context, { fftSize: 16_384, smoothingTimeConstant: 0 });
      context.createMediaStreamSource(stream).connect(analyser);
      ear = { context, analyser };
      globalThis.ears.set(stream.id, ear);
    }
    await ear.context.resume();
    const bins = new Float32Array(ear.analyser.frequencyBinCount);
    ear.analyser.getFloatFrequencyData(bins);
    const peak = bins.reduce((best, level, bin) => (level > bins[best] ? bin : best), 0);
    const level = bins[peak];
    return { hertz: level > -70 ? Math.round((peak * 48_000) / 16_384) : 0, level };
  }, selector);
