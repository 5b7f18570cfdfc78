// What the person at this console can do now: by the link, by their roles, by the lease. Every control asks here whether it
// is to be offered, and sends here what it wants.
import type { Desk, Outcome } from './desk.svelte';
import type { Live } from './live.svelte';
import { leaseOf, may, needsLease, type Standing } from './may';
import type { Actor, Command, Role, View } from './protocol';

/** A console's hands on the show. */
export class Hands {
  readonly live: Live;
  readonly desk: Desk;

  constructor(live: Live, desk: Desk) {
    this.live = live;
    this.desk = desk;
  }

  /** The show as the server said it last. */
  get view(): View | null {
    return this.live.show.view;
  }

  /** Who sits here; nobody while the link is not up. */
  get actor(): Actor {
    return this.live.state.is === 'up' ? this.live.state.actor : '';
  }

  /** The name under which microphone and monitor are this console's; none of who has no seat at the desk. */
  get person(): string | null {
    return /^(?:operator|machine):(.*)$/s.exec(this.actor)?.[1] ?? null;
  }

  get roles(): readonly Role[] {
    return this.live.state.is === 'up' ? this.live.state.roles : [];
  }

  /** Whose the lease is. */
  get lease(): Standing {
    return leaseOf(this.view?.lease ?? null, this.actor);
  }

  /** Whether these roles may ever ask for this. */
  may(word: Command['type']): boolean {
    return may(this.roles, word);
  }

  /** Whether it can be asked for now. */
  can(word: Command['type']): boolean {
    if (this.live.state.is !== 'up' || this.view === null || !this.may(word)) return false;
    return !needsLease(word) || this.lease !== 'other';
  }

  /** Asks for something, if it can be asked for. */
  async ask(command: Command): Promise<Outcome> {
    return this.can(command.type) ? this.desk.ask(command) : 'refused';
  }
}
