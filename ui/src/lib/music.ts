// The music of the media folder with what plays of it. Pure.
import type { EventClock } from './clock';
import type { PlayingView, View } from './protocol';

/** A piece of music, as the console shows it. */
export interface Piece {
  readonly id: string;
  readonly name: string;
  /** In milliseconds; 0 if nobody knows. */
  readonly lengthMs: number;
  readonly playing: PlayingView | null;
  /** What remains of it, or of this round of it, in milliseconds; `null` if it does not play or nobody knows. */
  readonly leftMs: number | null;
}

/** All pieces in the order of the folder, then those that play and are not in the folder any more. */
export function pieces(view: View, clock: Pick<EventClock, 'localMs'>, now: number): readonly Piece[] {
  const items = view.media?.music ?? [];
  const playing = view.playing ?? [];
  const there = items.map((item) => {
    const plays = playing.find((one) => one.media === item.id) ?? null;
    return { id: item.id, name: item.name, lengthMs: item.duration_ms, playing: plays, leftMs: left(plays, item.duration_ms, clock, now) };
  });
  const gone = playing.filter((one) => items.every((item) => item.id !== one.media));
  const others = gone.map((one) => ({ id: one.media, name: one.media, lengthMs: 0, playing: one, leftMs: left(one, 0, clock, now) }));
  return [...there, ...others];
}

function left(playing: PlayingView | null, lengthMs: number, clock: Pick<EventClock, 'localMs'>, now: number): number | null {
  if (playing === null) return null;
  const ends = playing.ends === null ? null : clock.localMs(playing.ends);
  if (ends !== null) return Math.max(0, ends - now);
  const since = clock.localMs(playing.since);
  if (since === null || !playing.loops || lengthMs === 0) return null;
  // The server said when a round began; more of them may have passed since.
  return lengthMs - (Math.max(0, now - since) % lengthMs);
}
