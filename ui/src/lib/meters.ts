// What the desk measures, as the server says it twenty times a second: bytes beside the messages, which never touch the page's
// state. Whoever draws asks here, once a frame of the screen.

/** One strip or mix, in dBFS. */
export interface Reading {
  readonly peak: readonly [number, number];
  readonly truePeak: number;
  /** By how much it is turned down now, in dB. */
  readonly reduction: number;
}

/** The loudness of a mix (EBU R 128): momentary, short-term, integrated in LUFS, range in LU; `null` while unknown. */
export interface Loudness {
  readonly momentary: number | null;
  readonly shortTerm: number | null;
  readonly integrated: number | null;
  readonly range: number | null;
  readonly truePeak: number;
}
