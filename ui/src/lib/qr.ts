// A text as a QR code (ISO/IEC 18004): byte mode, error correction level L, versions 1 to 9, which is enough for an address.
// Pure: a text in, a square of dark and light modules out.

/** By version, from 1: data codewords of a block, error correction codewords of a block, blocks. */
const VERSIONS = [
  [19, 7, 1],
  [34, 10, 1],
  [55, 15, 1],
  [80, 20, 1],
  [108, 26, 1],
  [68, 18, 2],
  [78, 20, 2],
  [97, 24, 2],
  [116, 30, 2],
] as const;

/** By version, from 1: where alignment patterns stand, beside the one at 6. */
const ALIGNMENT = [[], [18], [22], [26], [30], [34], [22, 38], [24, 42], [26, 46]] as const;

const EXP = new Uint8Array(512);
const LOG = new Uint8Array(256);
for (let n = 0, x = 1; n < 255; n++) {
  EXP[n] = EXP[n + 255] = x;
  LOG[x] = n;
  x = x & 128 ? (x << 1) ^ 0x11d : x << 1;
}

const at = (bytes: ArrayLike<number>, index: number): number => bytes[index] ?? 0;
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : at(EXP, at(LOG, a) + at(LOG, b)));

/** The error correction codewords of a block (Reed-Solomon over GF(256)). */
function correction(data: readonly number[], length: number): number[] {
  let generator = [1];
  for (let n = 0; n < length; n++) {
    const next = [...generator, 0];
    generator.forEach((factor, place) => (next[place + 1] = at(next, place + 1) ^ times(factor, at(EXP, n))));
    generator = next;
  }
  const rest = [...data, ...Array<number>(length).fill(0)];
  for (let n = 0; n < data.length; n++) {
    const lead = at(rest, n);
    generator.forEach((factor, place) => (rest[n + place] = at(rest, n + place) ^ times(factor, lead)));
  }
  return rest.slice(data.length);
}

/** All codewords in the order in which they are placed: the blocks' interleaved. */
function codewords(bytes: Uint8Array, version: number): number[] {
  const [size, corrections, blocks] = VERSIONS[version - 1] ?? [0, 0, 0];
  const capacity = size * blocks;
  // Mode (4 bits: 0100), length (8 bits), the bytes, a terminator: everything is shifted by half a byte.
  const nibbles = [4, bytes.length >> 4, bytes.length & 15, ...[...bytes].flatMap((byte) => [byte >> 4, byte & 15]), 0];
  const data: number[] = [];
  for (let n = 0; n < nibbles.length; n += 2) data.push((at(nibbles, n) << 4) | at(nibbles, n + 1));
  for (let pad = 0xec; data.length < capacity; pad ^= 0xec ^ 0x11) data.push(pad);
  const parts = Array.from({ length: blocks }, (_, block) => data.slice(block * size, (block + 1) * size));
  const checks = parts.map((part) => correction(part, corrections));
  const woven = (all: readonly number[][], length: number) =>
    Array.from({ length }, (_, n) => all.map((one) => at(one, n))).flat();
  return [...woven(parts, size), ...woven(checks, corrections)];
}

/** A number with the remainder of its division by a generator behind it, as format and version carry it. */
function checked(value: number, generator: number, bits: number): number {
  const top = Math.floor(Math.log2(generator));
  let rest = value << top;
  for (let bit = bits - 1; bit >= 0; bit--) if ((rest >> (bit + top)) & 1) rest ^= generator << bit;
  return (value << top) | rest;
}

/** The modules, row by row, dark is true; `null` for a text that is too long. */
export function qrCode(text: string): boolean[][] | null {
  const bytes = new TextEncoder().encode(text);
  const version = VERSIONS.findIndex(([size, , blocks]) => bytes.length + 2 <= size * blocks) + 1;
  if (version === 0) return null;
  const side = 17 + 4 * version;
  const modules = Array.from({ length: side }, () => Array<boolean>(side).fill(false));
  const taken = Array.from({ length: side }, () => Array<boolean>(side).fill(false));
  const put = (row: number, column: number, dark: boolean) => {
    const [line, marks] = [modules[row], taken[row]];
    if (line === undefined || marks === undefined || column < 0 || column >= side) return;
    line[column] = dark;
    marks[column] = true;
  };

  for (const [top, left] of [[0, 0], [0, side - 7], [side - 7, 0]] as const) {
    for (let row = -1; row <= 7; row++) {
      for (let column = -1; column <= 7; column++) {
        const ring = Math.max(Math.abs(row - 3), Math.abs(column - 3));
        put(top + row, left + column, ring !== 2 && ring <= 3);
      }
    }
  }
  for (let n = 8; n < side - 8; n++) {
    put(6, n, n % 2 === 0);
    put(n, 6, n % 2 === 0);
  }
  const places = [6, ...(ALIGNMENT[version - 1] ?? [])];
  for (const row of places) {
    for (const column of places) {
      const inFinder = (row === 6 && column === 6) || (row === 6 && column > side - 10) || (column === 6 && row > side - 10);
      if (places.length < 2 || inFinder) continue;
      for (let y = -2; y <= 2; y++) {
        for (let x = -2; x <= 2; x++) put(row + y, column + x, Math.max(Math.abs(x), Math.abs(y)) !== 1);
      }
    }
  }

  // Level L (01) with mask 0 (000).
  const format = checked(0b01000, 0b10100110111, 5) ^ 0b101010000010010;
  for (let bit = 0; bit < 15; bit++) {
    const dark = ((format >> bit) & 1) === 1;
    put(bit < 6 ? bit : bit < 8 ? bit + 1 : side - 15 + bit, 8, dark);
    put(8, bit < 8 ? side - 1 - bit : bit < 9 ? 7 : 14 - bit, dark);
  }
  put(side - 8, 8, true);
  if (version >= 7) {
    const info = checked(version, 0b1111100100101, 6);
    for (let bit = 0; bit < 18; bit++) {
      const [far, near] = [side - 11 + (bit % 3), Math.floor(bit / 3)];
      put(far, near, ((info >> bit) & 1) === 1);
      put(near, far, ((info >> bit) & 1) === 1);
    }
  }

  // Up and down in columns of two, from the right; the column of the timing pattern is left out.
  const bits = codewords(bytes, version).flatMap((word) => Array.from({ length: 8 }, (_, n) => (word >> (7 - n)) & 1));
  let next = 0;
  let up = true;
  for (let right = side - 1; right > 0; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < side; step++) {
      const row = up ? side - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (taken[row]?.[column]) continue;
        const bit = bits[next++] ?? 0;
        put(row, column, (bit ^ ((row + column) % 2 === 0 ? 1 : 0)) === 1);
      }
    }
    up = !up;
  }
  return modules;
}
