// Whether what stands by can go on air, as the server judges it. Pure.
import { citiesOf } from './picture';
import type { City, Flaw, Picture, View } from './protocol';

/** Flaws with which a take would show nothing, or nothing that moves. */
const SEVERE: ReadonlySet<Flaw> = new Set(['no_keyframe', 'black', 'frozen']);

/** Whether a take of it would be a mistake. */
export const isSevere = (flaw: Flaw): boolean => SEVERE.has(flaw);

/** What is wrong with a city of a picture: it does not come in, or its worst flaw. */
export interface Trouble {
  readonly city: City;
  readonly flaw: Flaw | 'away';
  readonly severe: boolean;
}

/** What is wrong with a city, worst first; nothing of one that is not live is measured. */
export function troubleOf(city: City): Trouble[] {
  if (city.state.state !== 'live') return [{ city, flaw: 'away', severe: true }];
  return (city.flaws ?? []).map((flaw) => ({ city, flaw, severe: isSevere(flaw) }));
}

/** What is wrong with a picture's cities, the worst of each. */
export function troublesOf(picture: Picture | null, view: View): Trouble[] {
  const inside = picture === null ? [] : citiesOf(picture);
  const worst = view.cities.filter(({ id }) => inside.includes(id)).flatMap((city) => troubleOf(city).slice(0, 1));
  return worst.toSorted((a, b) => Number(b.severe) - Number(a.severe));
}

/** What a take of preview would be a mistake for, if the show is set to tell so. */
export function warningsOf(view: View): Trouble[] {
  if (view.settings?.readiness === 'off') return [];
  return troublesOf(view.preview, view).filter(({ severe }) => severe);
}
