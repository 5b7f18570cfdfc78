// How far a transition is. Pure: the time is an argument.
import type { EventClock } from './clock';
import { type Running, WHOLE } from './protocol';

/** From 0 at its start to 1 at its end; what the clock does not tell yet has not moved. */
export function progress({ progress: now }: Running, clock: EventClock, nowMs: number): number {
  const done = now.done / WHOLE;
  if (now.kind === 'hand') return done;
  const started = clock.localMs(now.started);
  const length = (now.ends - now.started) / 1000;
  if (started === null || length <= 0) return done;
  const gone = Math.min(1, Math.max(0, (nowMs - started) / length));
  return done + (1 - done) * gone;
}

/** Where the T-bar stands, in thousandths: what runs back comes down again. */
export function barOf(running: Running | null, clock: EventClock, nowMs: number): number {
  if (running === null) return 0;
  const done = Math.round(progress(running, clock, nowMs) * WHOLE);
  return running.reversed === true ? WHOLE - done : done;
}

/** What the next take does to what runs: it turns it back, lets go of what the T-bar holds, or begins anew. */
export type TakeMeans = 'begin' | 'back' | 'release' | 'next';

/** As the show decides it. `sameAsPreview`: whether preview has the picture that is being left. */
export function takeMeans(running: Running | null, sameAsPreview: boolean): TakeMeans {
  if (running === null) return 'begin';
  if (running.progress.kind === 'hand') return 'release';
  return sameAsPreview ? 'back' : 'next';
}
