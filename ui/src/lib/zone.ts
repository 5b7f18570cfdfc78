// Hours on walls in time zones, and back: what somebody types as an hour becomes an instant. Pure.

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** How far a zone's walls are ahead of UTC at an instant, in milliseconds; UTC for a zone that the browser does not know. */
function offsetMs(zone: string | undefined, epochMs: number): number {
  let parts: Intl.DateTimeFormatPart[];
  try {
    parts = new Intl.DateTimeFormat('en', {
      ...(zone === undefined ? {} : { timeZone: zone }),
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    }).formatToParts(epochMs);
  } catch {
    return 0;
  }
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value ?? 0);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(epochMs / 1000) * 1000;
}

/** `21:14:08` in a zone, for a field that is typed into. */
export function hourOf(epochMs: number, zone: string | undefined): string {
  return new Date(epochMs + offsetMs(zone, epochMs)).toISOString().slice(11, 19);
}

/**
 * The instant nearest to `nearMs` at which walls in a zone show this hour (`21:14` or `21:14:08`); `null` for what is no hour.
 * An hour that a zone leaves out in spring is the one after it.
 */
export function instantOf(hour: string, zone: string | undefined, nearMs: number): number | null {
  const found = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(hour.trim());
  if (found === null) return null;
  const [hours, minutes, seconds] = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return null;
  const midnight = Math.floor((nearMs + offsetMs(zone, nearMs)) / DAY_MS) * DAY_MS;
  const candidates = [-1, 0, 1].map((day) => {
    const wall = midnight + day * DAY_MS + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    // The offset belongs to the instant, which is known only with the offset: the second guess is right.
    const guess = wall - offsetMs(zone, wall);
    return wall - offsetMs(zone, guess);
  });
  return candidates.reduce((best, one) => (Math.abs(one - nearMs) < Math.abs(best - nearMs) ? one : best));
}

/**
 * Six in the evening of the day that is planned at `nowMs`, a day that begins at six in the morning: every hour of it is nearer
 * to this instant than to that of any other day.
 */
export function eveningOf(zone: string | undefined, nowMs: number): number {
  const wall = nowMs + offsetMs(zone, nowMs);
  const day = Math.floor((wall - 6 * HOUR_MS) / DAY_MS) * DAY_MS;
  return day + 18 * HOUR_MS - offsetMs(zone, nowMs);
}

/** Seconds in `1:30`, `0:01:30` or `90`; `null` for what is no length. */
export function secondsOf(text: string): number | null {
  if (!/^\d{1,5}(:\d{1,2}){0,2}$/.test(text.trim())) return null;
  return text.trim().split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** A length as it is typed: `1:30`, `1:02:03`. */
export function lengthOf(seconds: number): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}
