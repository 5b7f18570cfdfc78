// The operator's microphone to those who make the evening: opened once, heard only by whoever is spoken to. The server opens the
// way and closes it; this sends the sound and the wish.
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
    const talk = this.#hands.view?.talks?.find((talk) => `operator:${talk.operator}` === this.#hands.actor);
    return talk?.to ?? [];
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

  /** Speaks to somebody as long as the button is held. */
  press(to: TalkTo): void {
    if (!this.connected || this.#held !== null) return;
    this.#held = to;
    void this.#hands.ask({ type: 'talk', to, on: true });
  }

  /** The button is let go of, wherever the pointer is by then. */
  release(): void {
    const to = this.#held;
    this.#held = null;
    if (to !== null) void this.#hands.ask({ type: 'talk', to, on: false });
  }

  /** Keeps it until the returned function is called. */
  start(): () => void {
    const stop = this.publisher.start();
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
