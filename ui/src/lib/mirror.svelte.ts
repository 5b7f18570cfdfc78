// The page's copy of the show: what the server said last, and whether a message is missing. It never guesses; every
// message carries the whole show, so the copy is always the newest one that arrived.
import { EventClock } from './clock';
import type { ServerMessage, ShowEvent, View } from './protocol';

/** Something that happened while this page looked on. */
export interface Entry {
  /** Counts this page's entries: the server's numbers begin again when it starts again. */
  readonly id: number;
  /** When, in local milliseconds; the server's clock begins again too. */
  readonly at: number;
  readonly event: ShowEvent;
}

/** How many happenings are kept. */
const KEPT = 200;

/** The show as the server said it last. */
export class Mirror {
  view = $state.raw<View | null>(null);
  /** How many watch each channel. */
  viewers = $state.raw<Readonly<Record<string, number>>>({});
  /** What happened, newest first. */
  recent = $state.raw<readonly Entry[]>([]);
  readonly clock = new EventClock();
  #number: number | null = null;
  #entries = 0;

  /**
   * Takes a message that arrived at `localMs`. `missed` means that a number was skipped: the link must ask for a fresh
   * snapshot.
   */
  take(message: ServerMessage, localMs: number): 'ok' | 'missed' {
    if (message.type === 'error') return 'ok';
    if (message.type === 'hello') this.clock.reset();
    this.clock.read(message.time_us, localMs);
    switch (message.type) {
      case 'hello':
        this.#number = null;
        return 'ok';
      case 'snapshot':
        this.#number = message.number;
        this.view = message.show;
        return 'ok';
      case 'event':
        return this.#happened(message.number, this.clock.localMs(message.time_us) ?? localMs, message.event, message.show);
      case 'beat':
        this.viewers = message.viewers;
        return this.#number !== null && message.number > this.#number ? 'missed' : 'ok';
    }
  }

  #happened(number: number, at: number, event: ShowEvent, show: View): 'ok' | 'missed' {
    // Before the snapshot there is nothing to follow; the snapshot will hold this event's outcome.
    if (this.#number === null || number <= this.#number) return 'ok';
    const missed = number > this.#number + 1;
    this.#number = number;
    this.view = show;
    this.recent = [{ id: (this.#entries += 1), at, event }, ...this.recent].slice(0, KEPT);
    return missed ? 'missed' : 'ok';
  }

  /** How many watch, over all channels. */
  get audience(): number {
    return Object.values(this.viewers).reduce((sum, n) => sum + n, 0);
  }
}
