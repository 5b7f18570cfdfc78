// Actors and audiences as names for people. Pure.
import type { Actor, Audience, View } from './protocol';

/** Words for those without a name of their own. */
export interface NameWords {
  readonly control: string;
  readonly house: string;
  readonly all: string;
  readonly cities: string;
  readonly cohosts: string;
  readonly viewer: string;
}

/** The name of an actor or an audience. */
export function nameOfParty(party: Actor | Audience, view: View, words: NameWords): string {
  const at = party.indexOf(':');
  const [kind, id] = at < 0 ? [party, ''] : [party.slice(0, at), party.slice(at + 1)];
  switch (kind) {
    case 'city':
      return view.cities.find((city) => city.id === id)?.name ?? id;
    case 'cohost':
      return view.cohosts?.find((cohost) => cohost.id === id)?.name ?? id;
    case 'operator':
    case 'machine':
      return id;
    case 'director':
      return words.control;
    case 'all':
      return words.all;
    case 'cities':
      return words.cities;
    case 'cohosts':
      return words.cohosts;
    case 'viewer':
      return words.viewer;
    default:
      return words.house;
  }
}
