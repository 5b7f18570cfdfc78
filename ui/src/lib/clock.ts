// The server's event clock as this page knows it. It owns the offset between the two clocks and nothing else.
import type { EventTime, WallTime } from './protocol';

/** How many readings the estimate looks back on: half a minute of beats, so that drift is followed. */
const READINGS = 30;

/**
 * Every message says what time it was when it left. The one that travelled fastest tells the offset best, so the
 * smallest of the recent differences counts.
 */
export class EventClock {
  #differences: number[] = [];

  /** Takes a reading: the server's time in a message that arrived at `localMs`. */
  read(time: EventTime, localMs: number): void {
    this.#differences.push(localMs - time / 1000);
    if (this.#differences.length > READINGS) this.#differences.shift();
  }

  /** Forgets everything: the server may have started again, with a clock of its own. */
  reset(): void {
    this.#differences = [];
  }

  /** The local time, in milliseconds, of a moment of the event clock; `null` before the first reading. */
  localMs(time: EventTime): number | null {
    return this.#differences.length === 0 ? null : time / 1000 + Math.min(...this.#differences);
  }

  /** The local time, in milliseconds, of a moment of the server's wall clock, which `epoch` ties to the event clock. */
  localMsOfWall(time: WallTime, epoch: WallTime): number | null {
    return this.localMs(time - epoch);
  }
}
