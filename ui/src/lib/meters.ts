// What the desk measures, as the server says it twenty times a second: bytes beside the messages, which never touch the page's
// state. Whoever draws asks here, once a frame of the screen. ARCHITECTURE.md has the layout of a frame.

/** One strip or mix, in dBFS. */
export interface Reading {
  readonly peak: readonly [number, number];
  readonly truePeak: number;
  /** By how much it is turned down now, in dB. */
  readonly reduction: number;
}

/** The loudness of a mix (EBU R 128), in LUFS, its range in LU; `null` while it is not known. */
export interface Loudness {
  readonly momentary: number | null;
  readonly shortTerm: number | null;
  readonly integrated: number | null;
  readonly range: number | null;
  /** In dBTP, since the last reading. */
  readonly truePeak: number | null;
}

/** What this page reads. */
const VERSION = 1;
const HEAD = 4;
const READING = 8;
const LOUDNESS = 8;
/** A figure that there is not. */
const UNKNOWN = -32768;

/** A frame that was read: its map's number and what is in it, in the map's order. */
export interface Frame {
  readonly map: number;
  readonly readings: readonly Reading[];
  readonly loudness: readonly Omit<Loudness, 'truePeak'>[];
}

/** Reads a frame; `null` for one that this page does not know. */
export function parseFrame(data: ArrayBuffer): Frame | null {
  const view = new DataView(data);
  if (data.byteLength < HEAD || view.getUint8(0) !== VERSION) return null;
  const [measured, map] = [view.getUint8(1), view.getUint16(2)];
  const rest = data.byteLength - HEAD - measured * LOUDNESS;
  if (rest < 0 || rest % READING !== 0) return null;
  const hundredths = (at: number) => view.getInt16(at) / 100;
  const known = (at: number) => (view.getInt16(at) === UNKNOWN ? null : hundredths(at));
  const loudness = Array.from({ length: measured }, (_, n) => {
    const at = HEAD + n * LOUDNESS;
    return { momentary: known(at), shortTerm: known(at + 2), integrated: known(at + 4), range: known(at + 6) };
  });
  const readings = Array.from({ length: rest / READING }, (_, n) => {
    const at = HEAD + measured * LOUDNESS + n * READING;
    return {
      peak: [hundredths(at), hundredths(at + 2)] as const,
      truePeak: hundredths(at + 4),
      reduction: hundredths(at + 6),
    };
  });
  return { map, readings, loudness };
}

/** The meters of one page. */
export class Meters {
  #map: { readonly number: number; readonly names: readonly string[] } = { number: -1, names: [] };
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

  /** What stands where in the frames of this number. */
  know(number: number, names: readonly string[]): void {
    this.#map = { number, names };
    this.#readings.clear();
    this.#loudness.clear();
  }

  /** Takes a frame; one of another map waits for it. */
  take(data: ArrayBuffer): void {
    const frame = parseFrame(data);
    if (frame === null || frame.map !== this.#map.number) return;
    frame.readings.forEach((reading, n) => {
      const name = this.#map.names[n];
      if (name !== undefined) this.#readings.set(name, reading);
    });
    // The mixes that are measured stand first among all names.
    frame.loudness.forEach((loudness, n) => {
      const name = this.#map.names[n];
      const reading = frame.readings[n];
      if (name !== undefined) this.#loudness.set(name, { ...loudness, truePeak: reading?.truePeak ?? null });
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
