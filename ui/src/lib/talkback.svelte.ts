// The operator's microphone to those who make the evening: opened with the first press, heard only by whoever is spoken to. The
// server opens the way and closes it; this sends the sound and the wish.
import { untrack } from 'svelte';
import { Capture } from './capture.svelte';
import type { Hands } from './hands.svelte';
import type { TalkTo } from './protocol';
import { WhipPublisher } from './whip.svelte';

/** A console's talkback. */
export class Talkback {
  readonly capture: Capture;
  readonly publisher: WhipPublisher;
  readonly #hands: Hands;
  /** Whom a held button speaks to. */
  #held: TalkTo | null = null;
  /** Whether the house was asked to open the way to them. */
  #asked = false;

  constructor(hands: Hands, key: string | null) {
    this.#hands = hands;
    this.capture = new Capture(
      (track) => this.publisher.replace(track),
      (error) => this.publisher.fail(error),
      { picture: false, tuning: 'voice' },
    );
    this.publisher = new WhipPublisher({ seat: { contribution: 'talkback', key }, source: () => this.capture.open() });
  }

  /** Whether the microphone reaches the house. */
  get connected(): boolean {
    return this.publisher.state.is === 'live';
  }

  /** Whom this operator speaks to, as the server says. */
  get to(): readonly TalkTo[] {
    const talk = this.#hands.view?.talks?.find((talk) => talk.operator === this.#hands.person);
    return talk?.to ?? [];
  }

  /** Whether this operator may speak to anybody now. */
  get may(): boolean {
    return this.#hands.can('talk');
  }

  /** Whether the microphone is on its way to the house. */
  get opens(): boolean {
    return this.publisher.wanted && !this.connected;
  }

  /** Opens the microphone, or lets go of it. */
  toggle(): void {
    if (this.publisher.wanted) this.close();
    else this.publisher.goLive();
  }

  close(): void {
    this.release();
    this.publisher.stop();
    this.capture.close();
  }

  /**
   * Speaks to somebody as long as the button is held. The first press opens the microphone: they are spoken to as soon as it is
   * there, if the button is still held by then.
   */
  press(to: TalkTo): void {
    if (this.#held !== null || !this.may) return;
    this.#held = to;
    if (this.connected) this.#speak();
    else if (!this.publisher.wanted) this.publisher.goLive();
  }

  /** Asks for the way to whom a held button speaks to. */
  #speak(): void {
    if (this.#held === null) return;
    this.#asked = true;
    void this.#hands.ask({ type: 'talk', to: this.#held, on: true });
  }

  /** The button is let go of, wherever the pointer is by then. */
  release(): void {
    const [to, asked] = [this.#held, this.#asked];
    [this.#held, this.#asked] = [null, false];
    if (to !== null && asked) void this.#hands.ask({ type: 'talk', to, on: false });
  }

  /** Keeps it until the returned function is called. */
  start(): () => void {
    const stop = this.publisher.start();
    $effect(() => {
      if (this.connected) untrack(() => this.#speak());
    });
    const release = () => this.release();
    window.addEventListener('pointerup', release);
    window.addEventListener('pointercancel', release);
    window.addEventListener('blur', release);
    return () => {
      window.removeEventListener('pointerup', release);
      window.removeEventListener('pointercancel', release);
      window.removeEventListener('blur', release);
      this.close();
      stop();
    };
  }
}
