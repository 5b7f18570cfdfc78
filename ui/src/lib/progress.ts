// How far a transition is. Pure: the time is an argument.
import type { EventClock } from './clock';
import type { Running } from './protocol';

/** From 0 at its start to 1 at its end; 0 while the event clock is unknown. */
export function progress(running: Running, clock: EventClock, nowMs: number): number {
  const started = clock.localMs(running.started);
  const length = (running.ends - running.started) / 1000;
  if (started === null || length <= 0) return 0;
  return Math.min(1, Math.max(0, (nowMs - started) / length));
}
