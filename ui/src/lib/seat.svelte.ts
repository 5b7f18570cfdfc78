// The seat of somebody outside the control room, a city or a co-host: their link, what they may know, what they may ask.
import { Desk, type Outcome } from './desk.svelte';
import { Live } from './live.svelte';
import { isUnread } from './messages';
import type { Actor, Command, Message } from './protocol';

/** A link token's seat. */
export class Seat {
  readonly live: Live;
  readonly desk: Desk;
  readonly actor: Actor;

  constructor(actor: Actor, key: string) {
    this.actor = actor;
    this.live = new Live({ key });
    this.desk = new Desk(key);
  }

  /** Whether the server takes this page for whom it means to be. */
  get isMine(): boolean {
    return this.live.state.is === 'up' && this.live.state.actor === this.actor;
  }

  get messages(): readonly Message[] {
    return this.live.show.view?.messages ?? [];
  }

  get unread(): readonly Message[] {
    return this.messages.filter((message) => isUnread(message, this.actor));
  }

  /** Asks the show for something while the link is up. */
  async ask(command: Command): Promise<Outcome> {
    return this.isMine ? this.desk.ask(command) : 'refused';
  }
}
