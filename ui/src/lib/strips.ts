// The strips that a desk shows: who has one now, in the order of the evening. Pure.
import { isThere, wordOf } from './calls';
import type { Strip, StripId, Tally, View } from './protocol';

/** One column of the desk. */
export interface Column {
  readonly id: StripId;
  readonly name: string;
  readonly strip: Strip;
  /** Whether it is seen: only what has a picture is. */
  readonly tally: Tally;
  /** Whether it is heard on program now, as the server says. */
  readonly heard: boolean;
  /** Whether what is sent there comes back on it. */
  readonly loops: boolean;
}

/** The columns: cities, whoever is on a call, and what else sounds on a bus. */
export function columns(view: View): readonly Column[] {
  const heard = new Set(view.heard ?? []);
  const loops = new Set((view.alarms ?? []).flatMap((alarm) => (alarm.alarm === 'loop' ? [alarm.strip] : [])));
  const column = (id: StripId, name: string, strip: Strip, tally: Tally): Column => ({ id, name, strip, tally, heard: heard.has(id), loops: loops.has(id) });
  const cities = view.cities.flatMap((city) => (city.strip === null ? [] : [column(`city:${city.id}`, city.name, city.strip, city.tally)]));
  const people = (view.cohosts ?? []).flatMap((cohost) =>
    cohost.strip !== null && isThere(wordOf(cohost)) ? [column(`cohost:${cohost.id}`, cohost.name, cohost.strip, cohost.tally)] : [],
  );
  const others = (view.strips ?? []).map((other) => column(other.id, other.name || nameOf(other.id), other.strip, other.tally));
  return [...cities, ...people, ...others];
}

/** What stands over a strip that belongs to nobody. */
function nameOf(id: StripId): string {
  return id.slice(id.indexOf(':') + 1);
}
