// The page's copy of the show: what the server said last, and whether a message is missing. It never guesses: it puts what
// changed in the place of what was, and after a gap it waits for a fresh snapshot.
import { EventClock } from './clock';
import type { EventTime, Happened, ServerMessage, ToldEvent, View } from './protocol';

/** Something that happened while this page looked on. */
export interface Entry extends ToldEvent {
  /** Counts this page's entries: another evening on the same server has numbers of its own. */
  readonly id: number;
  /** When, on the event clock. */
  readonly time: EventTime;
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
    if (message.type === 'error' || message.type === 'meter_map') return 'ok';
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
      case 'events':
        return this.#happened(message);
      case 'beat':
        this.viewers = message.viewers;
        return this.#number !== null && message.number > this.#number ? 'missed' : 'ok';
    }
  }

  #happened({ first, number, time_us, events, changes }: Happened): 'ok' | 'missed' {
    // Before the snapshot there is nothing to change; the snapshot will hold the outcome.
    if (this.#number === null || this.view === null || number <= this.#number) return 'ok';
    // What changed is no whole: after a gap it would make a show that never was.
    if (first > this.#number + 1) return 'missed';
    this.#number = number;
    this.view = { ...this.view, ...changes };
    const entries = events.map((told) => ({ ...told, id: (this.#entries += 1), time: time_us })).reverse();
    this.recent = [...entries, ...this.recent].slice(0, KEPT);
    return 'ok';
  }

  /** How many watch, over all channels. */
  get audience(): number {
    return Object.values(this.viewers).reduce((sum, n) => sum + n, 0);
  }
}
