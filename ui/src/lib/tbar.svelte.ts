// The hand on the T-bar: what it wants goes to the server at most twenty times a second, the last place always, and where the
// server does not follow it lets go.
import { untrack } from 'svelte';
import type { Outcome } from './desk.svelte';
import { WHOLE } from './protocol';

/** Shortest time between two commands, in milliseconds. */
export const PACE_MS = 50;

/** A hand that holds the T-bar. */
export class TBarHand {
  /** Where the hand holds it, in thousandths; `null` while no hand does: then the server's word counts. */
  hand = $state<number | null>(null);

  /** The place that is still to be sent. */
  #wanted: number | null = null;
  #holds = false;
  /** The transition came to its end, or was refused: until the hand lets go, what it does means nothing. */
  #over = false;
  #flies = false;
  #sent = 0;
  #sentAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #send: (position: number) => Promise<Outcome>;
  readonly #waits: () => boolean;
  readonly #now: () => number;

  /** `send` asks the show; `waits` tells whether its last answer is still to be seen in the show. */
  constructor(send: (position: number) => Promise<Outcome>, waits: () => boolean, now = () => performance.now()) {
    this.#send = send;
    this.#waits = waits;
    this.#now = now;
  }

  /** The hand is at this place now. Returns whether it may be: after the end it has to let go first, and be seen to. */
  move(position: number): boolean {
    if (this.#over || (this.#sent === WHOLE && untrack(this.#waits))) return false;
    this.#holds = true;
    this.hand = position;
    this.#wanted = position;
    this.#over = position >= WHOLE;
    this.#pump();
    return true;
  }

  /** The hand lets go. What it wanted last is still sent. */
  release(): void {
    this.#holds = false;
    this.#settle();
  }

  /** Forgets everything, when nobody is there any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wanted = null;
    this.release();
  }

  /** Nothing is held and nothing on its way: the server's word counts again. */
  #settle(): void {
    if (this.#holds || this.#flies || this.#wanted !== null) return;
    this.hand = null;
    this.#over = false;
  }

  #pump(): void {
    if (this.#flies || this.#timer !== undefined || this.#wanted === null) return;
    const wait = Math.max(this.#sentAt + PACE_MS - this.#now(), untrack(this.#waits) ? PACE_MS / 5 : 0);
    if (wait > 0) {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        this.#pump();
      }, wait);
      return;
    }
    this.#sent = this.#wanted;
    this.#wanted = null;
    this.#flies = true;
    this.#sentAt = this.#now();
    void this.#send(this.#sent).then((outcome) => this.#answered(outcome));
  }

  #answered(outcome: Outcome): void {
    this.#flies = false;
    if (outcome !== 'done') {
      this.#wanted = null;
      this.hand = null;
      this.#over = true;
    }
    this.#settle();
    this.#pump();
  }
}
