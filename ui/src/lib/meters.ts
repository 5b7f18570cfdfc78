// What the desk measures, as the server says it twenty times a second: bytes beside the messages, which never touch the page's
// state. Whoever draws asks here, once a frame of the screen. 

/** One strip or mix, in dBFS. */
export interface Reading {
  readonly peak: readonly [number, number];
  readonly truePeak: number;
  /** By how much it is turned down now, in dB. */
  readonly reduction: number;
}

/** What silence reads. */
const SILENCE_DB = -120;

/** The loudness of a mix (EBU R 128), in LUFS, its range in LU. */
export interface Loudness {
  readonly momentary: number;
  readonly shortTerm: number;
  readonly integrated: number;
  readonly range: number;
  /** In dBTP, since the last reading. */
  readonly truePeak: number;
}

/** What this page reads: `src/http/live/meters.rs` has the layout. */
const VERSION = 1;
const HEAD = 16;
/** Figures of a strip, and of a mix. */
const STRIP = 8;
const MIX = 12;
/** A figure that there is not. */
const UNKNOWN = -32768;

/** A frame that was read: its map's number and what is in it, in the map's order. */
export interface Frame {
  readonly map: number;
  readonly strips: readonly Reading[];
  readonly mixes: readonly (Reading & { readonly loudness: Loudness | null })[];
}

/** Reads a frame; `null` for one that this page does not know. */
export function parseFrame(data: ArrayBuffer): Frame | null {
  const view = new DataView(data);
  if (data.byteLength < HEAD || view.getUint8(0) !== VERSION) return null;
  const [strips, mixes] = [view.getUint16(2, true), view.getUint16(4, true)];
  if (data.byteLength !== HEAD + 2 * (strips * STRIP + mixes * MIX)) return null;
  const figures = (at: number, count: number) =>
    Array.from({ length: count }, (_, n) => view.getInt16(HEAD + 2 * (at + n), true)).map((figure) =>
      figure === UNKNOWN ? null : figure / 100,
    );
  return {
    map: view.getUint32(8, true),
    strips: Array.from({ length: strips }, (_, n) => reading(figures(n * STRIP, STRIP))),
    mixes: Array.from({ length: mixes }, (_, n) => {
      const told = figures(strips * STRIP + n * MIX, MIX);
      return { ...reading(told), loudness: loudnessOf(told) };
    }),
  };
}

type Figures = readonly (number | null)[];

const at = (figures: Figures, n: number): number => figures[n] ?? SILENCE_DB;

function reading(figures: Figures): Reading {
  return {
    peak: [at(figures, 0), at(figures, 1)],
    truePeak: Math.max(at(figures, 2), at(figures, 3)),
    reduction: Math.max(figures[6] ?? 0, figures[7] ?? 0),
  };
}

function loudnessOf(figures: Figures): Loudness | null {
  const [momentary, shortTerm, integrated, range] = figures.slice(8);
  if (momentary == null || shortTerm == null || integrated == null || range == null) return null;
  return { momentary, shortTerm, integrated, range, truePeak: Math.max(at(figures, 2), at(figures, 3)) };
}

const QUIET: Reading = { peak: [SILENCE_DB, SILENCE_DB], truePeak: SILENCE_DB, reduction: 0 };

/** The meters of one page. */
export class Meters {
  #map: { readonly number: number; readonly strips: readonly string[]; readonly mixes: readonly string[] } | null = null;
  #readings = new Map<string, Reading>();
  #loudness = new Map<string, Loudness>();
  #wanted = 0;
  readonly #ask: (on: boolean) => void;

  /** `ask` tells the server whether this page wants to know. */
  constructor(ask: (on: boolean) => void) {
    this.#ask = ask;
  }

  /** Wants readings until the returned function is called. */
  want(): () => void {
    this.#wanted += 1;
    if (this.#wanted === 1) this.#ask(true);
    return () => {
      this.#wanted -= 1;
      if (this.#wanted === 0) this.#ask(false);
    };
  }

  /** Whether readings are wanted: a link that comes up anew asks again. */
  get wanted(): boolean {
    return this.#wanted > 0;
  }

  /** Whose the readings in the frames of this number are. */
  know(number: number, strips: readonly string[], mixes: readonly string[]): void {
    this.#map = { number, strips, mixes };
    this.#readings.clear();
    this.#loudness.clear();
  }

  /** Takes a frame; one of another map is passed over. */
  take(data: ArrayBuffer): void {
    const frame = parseFrame(data);
    const map = this.#map;
    if (frame === null || map === null || frame.map !== map.number) return;
    map.strips.forEach((name, n) => this.#readings.set(name, frame.strips[n] ?? QUIET));
    map.mixes.forEach((name, n) => {
      const mix = frame.mixes[n];
      this.#readings.set(name, mix ?? QUIET);
      if (mix?.loudness != null) this.#loudness.set(name, mix.loudness);
    });
  }

  of(name: string): Reading | undefined {
    return this.#readings.get(name);
  }

  loudness(mix: string): Loudness | null {
    return this.#loudness.get(mix) ?? null;
  }

  /** Calls back with every frame of the screen, until the returned function is called. */
  watch(draw: (nowMs: number) => void): () => void {
    let handle = 0;
    const next = (now: number) => {
      draw(now);
      handle = requestAnimationFrame(next);
    };
    handle = requestAnimationFrame(next);
    return () => cancelAnimationFrame(handle);
  }
}
