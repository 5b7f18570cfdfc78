// What preview's monitor plays: the channel `preview`, which is what a take will show; where the server has none, the one city
// that stands by, if it is one.
import type { WhepPlayer } from './whep.svelte';
import { PREVIEW, cityOf, onlySource } from './picture';
import type { Picture } from './protocol';

/** A player that follows preview. */
export class PreviewBus {
  readonly player: WhepPlayer;
  /** Whether the server has refused the channel; until somebody asks anew. */
  #refused = $state(false);

  constructor(player: WhepPlayer) {
    this.player = player;
  }

  /** Asks for what the picture needs, in an effect. Returns whether the player's picture is the bus's. */
  follow(picture: Picture | null): void {
    if (!this.#refused) {
      if (this.player.asked === PREVIEW && this.player.state.is === 'failed') this.#refused = true;
      else return this.player.play(PREVIEW);
    }
    // A session that is not shown for a while is kept: the next city is then a move, not a join.
    const city = this.cityOf(picture);
    if (city !== null) this.player.play(city);
  }

  /** Whether the player's picture is the bus's; if not, it is drawn as a plan. */
  moves(picture: Picture | null): boolean {
    return !this.#refused || this.cityOf(picture) !== null;
  }

  /** The city that fills the picture, if one does. */
  cityOf(picture: Picture | null): string | null {
    const source = picture === null ? null : onlySource(picture);
    return source === null ? null : cityOf(source);
  }

  /** The server is back: it may have the channel now. */
  nudge(): void {
    this.#refused = false;
    this.player.nudge();
  }
}
