// What an operator listens to alone: solos of the desk, heard on a channel of their own. The page keeps no list: it asks for one
// and hears what the server has confirmed.
import type { Hands } from './hands.svelte';
import type { SoloKind, StripId } from './protocol';
import { monitorOf, WhepPlayer } from './whep.svelte';

/** An operator's monitor. */
export class Monitor {
  readonly player: WhepPlayer;
  readonly #hands: Hands;
  /** At which level the next one is listened to, while none is. */
  #next = $state<SoloKind>('pfl');

  constructor(hands: Hands, key: string | null) {
    this.#hands = hands;
    this.player = new WhepPlayer(key);
  }

  get #own() {
    return this.#hands.view?.solos?.find((solo) => solo.operator === this.#hands.person)?.solo;
  }

  /** The strips that are listened to, as the server says. */
  get strips(): readonly StripId[] {
    return this.#own?.strips ?? [];
  }

  /** Before the fader (PFL) or after it (AFL). */
  get kind(): SoloKind {
    return this.strips.length > 0 ? (this.#own?.kind ?? 'pfl') : this.#next;
  }

  /** From before the fader to after it, and back. */
  turn(): void {
    this.#next = this.kind === 'pfl' ? 'afl' : 'pfl';
    if (this.strips.length > 0) void this.#hands.ask({ type: 'set_solo', strips: [...this.strips], kind: this.#next });
  }

  /** Listens to a strip as well, or not any more. */
  toggle(strip: StripId): void {
    const strips = this.strips.includes(strip) ? this.strips.filter((other) => other !== strip) : [...this.strips, strip];
    void this.#hands.ask({ type: 'set_solo', strips, kind: this.kind });
  }

  /** Program again. */
  clear(): void {
    if (this.strips.length > 0) void this.#hands.ask({ type: 'set_solo', strips: [], kind: this.#next });
  }

  /** Hears the channel as long as there is something to hear alone. */
  follow(): void {
    const { person } = this.#hands;
    if (this.strips.length > 0 && person !== null) this.player.play(monitorOf(person));
    else this.player.stop();
  }
}
