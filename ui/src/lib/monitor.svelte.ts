// What an operator listens to alone: solos of the desk, heard on a channel of their own. The page keeps no list: it asks for one
// and hears what the server has confirmed.
import type { Hands } from './hands.svelte';
import type { StripId } from './protocol';
import { MONITOR, WhepPlayer } from './whep.svelte';

/** An operator's monitor. */
export class Monitor {
  readonly player: WhepPlayer;
  readonly #hands: Hands;

  constructor(hands: Hands, key: string | null) {
    this.#hands = hands;
    this.player = new WhepPlayer(key);
  }

  /** The strips that are listened to, as the server says. */
  get strips(): readonly StripId[] {
    const own = this.#hands.view?.solos?.find((solo) => `operator:${solo.operator}` === this.#hands.actor);
    return own?.solo.strips ?? [];
  }

  /** Listens to a strip as well, or not any more. */
  toggle(strip: StripId): void {
    const strips = this.strips.includes(strip) ? this.strips.filter((other) => other !== strip) : [...this.strips, strip];
    void this.#hands.ask({ type: 'set_solo', strips, kind: 'pfl' });
  }

  /** Program again. */
  clear(): void {
    if (this.strips.length > 0) void this.#hands.ask({ type: 'set_solo', strips: [], kind: 'pfl' });
  }

  /** Hears the channel as long as there is something to hear alone. */
  follow(): void {
    if (this.strips.length > 0) this.player.play(MONITOR);
    else this.player.stop();
  }
}
