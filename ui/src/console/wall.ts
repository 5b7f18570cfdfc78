// The players of the source tiles, one per city. Tiles show them, the signal table reads their figures.
import { WhepPlayer } from '../lib/whep.svelte';

/** Most tiles with a moving picture: each costs a connection and a decoder. */
export const MOVING = 8;

/** Players by city. */
export class Wall {
  readonly #key: string | null;
  readonly #players = new Map<string, WhepPlayer>();

  constructor(key: string | null) {
    this.#key = key;
  }

  /** The player of a city, made when it is first asked for. */
  player(city: string): WhepPlayer {
    let player = this.#players.get(city);
    if (player === undefined) {
      player = new WhepPlayer(this.#key);
      this.#players.set(city, player);
    }
    return player;
  }

  /** The server came back: every player looks whether its session lives. */
  nudge(): void {
    for (const player of this.#players.values()) player.nudge();
  }
}
