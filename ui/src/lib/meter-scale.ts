// How levels are drawn: one scale for every meter of every page.

/** What silence reads, in dBFS, and the top of the scale. */
export const FLOOR_DB = -60;
/** From here on it is loud, and too loud, in dBFS. */
export const LOUD_DB = -18;
export const HOT_DB = -6;
/** A peak that is over falls by so much a second: 20 dB in 1.5 s (IEC 60268-10, type I). */
export const FALL_DB = 13.3;
/** How long the highest peak stays marked, in milliseconds. */
export const HOLD_MS = 1500;

/** Where a level stands on the scale, 0 to 1. */
export function place(db: number): number {
  return Math.max(0, Math.min(1, (db - FLOOR_DB) / -FLOOR_DB));
}

/** One needle: it goes up at once, comes down slowly, and remembers its highest for a moment. Time is an argument. */
export class Needle {
  shown = FLOOR_DB;
  held = FLOOR_DB;
  #heldSince = 0;
  #before: number | null = null;

  move(db: number, nowMs: number): void {
    const passed = this.#before === null ? 0 : Math.max(0, nowMs - this.#before);
    this.#before = nowMs;
    this.shown = Math.max(FLOOR_DB, db, this.shown - (FALL_DB * passed) / 1000);
    if (db >= this.held || nowMs - this.#heldSince > HOLD_MS) {
      this.held = Math.max(FLOOR_DB, db);
      this.#heldSince = nowMs;
    }
  }
}
