// What the plan says about now: pure, with the time as an argument.
import type { EventClock } from './clock';
import type { CueView, RundownView, View } from './protocol';

/** Milliseconds until a cue should begin; negative when that is past, `null` when nobody knows. */
export function untilMs(cue: CueView, view: View, clock: EventClock, nowMs: number): number | null {
  const start = cue.expected_start ?? cue.plan.planned_start;
  const local = start === null ? null : clock.localMsOfWall(start, view.epoch);
  return local === null ? null : local - nowMs;
}

/** How long a cue has been on, in milliseconds; `null` when it is not. */
export function onForMs(cue: CueView, clock: EventClock, nowMs: number): number | null {
  const since = cue.on_since === null ? null : clock.localMs(cue.on_since);
  return since === null ? null : Math.max(0, nowMs - since);
}

/** How much later than planned the evening will be, in seconds: what the next dated cue says. */
export function overall(rundown: RundownView): number | null {
  return rundown.cues.find((cue) => cue.over_s !== null)?.over_s ?? null;
}

/** The zone in which a cue's hours are read: that of its city, else this browser's. */
export function zoneOf(cue: Pick<CueView, 'plan'>, view: View): string | undefined {
  return view.cities.find((city) => city.id === cue.plan.city)?.time_zone;
}
