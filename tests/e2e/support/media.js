// Pictures and sounds that tell their source apart by a cheap fingerprint: one colour, one tone.
import { randomBytes } from "node:crypto";
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";

/**
 * Writes a YUV4MPEG2 file: one colour, its lower half grainy and with a white bar that walks. The grain changes with each
 * frame and costs bits as a real room does: only an encoder that needs bandwidth asks for it.
 * @param {string} path
 * @param {{ y: number, u: number, v: number, width?: number, height?: number, fps?: number, frames?: number }} picture
 */
export function writePicture(path, { y, u, v, width = 640, height = 360, fps = 15, frames = 30 }) {
  const file = openSync(path, "w");
  writeSync(file, `YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`);
  const chroma = Buffer.concat([Buffer.alloc((width * height) / 4, u), Buffer.alloc((width * height) / 4, v)]);
  for (let n = 0; n < frames; n++) {
    const luma = Buffer.alloc(width * height, y);
    for (let n = (width * height) / 2; n < luma.length; n += 512) luma.set(grain(y), n);
    const left = Math.floor((n * (width - 16)) / frames);
    for (let row = height - 24; row < height; row++) luma.fill(235, row * width + left, row * width + left + 16);
    writeSync(file, "FRAME\n");
    writeSync(file, luma);
    writeSync(file, chroma);
  }
  closeSync(file);
}

/** 512 pixels of noise around a brightness. */
function grain(y) {
  const noise = randomBytes(512);
  for (let n = 0; n < noise.length; n++) noise[n] = y - 32 + (noise[n] >> 2);
  return noise;
}

/**
 * Writes a mono 48 kHz WAV file with a tone that loops without a click (a whole number of periods in 1 s).
 * @param {string} path
 * @param {number} hertz whole
 * @param {number} [seconds] whole
 */
export function writeTone(path, hertz, seconds = 1) {
  const rate = 48_000;
  const data = Buffer.alloc(rate * 2 * seconds);
  for (let n = 0; n < rate * seconds; n++) data.writeInt16LE(Math.round(8_000 * Math.sin((2 * Math.PI * hertz * n) / rate)), n * 2);
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(1, 22); // mono
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(data.length, 40);
  writeFileSync(path, Buffer.concat([head, data]));
}
