// The channels a viewer can choose, made out of the show. Pure.
import { PROGRAM, citiesOf, colourOf } from '../lib/picture';
import type { City, View } from '../lib/protocol';
import { RADIO } from '../lib/whep.svelte';

/** Whether a channel shows something live: and if it does, whether that is on air in program. */
export type ChannelState = 'on-air' | 'live' | 'back-soon';

/** One thing to watch. */
export interface Channel {
  readonly id: string;
  readonly kind: 'program' | 'city' | 'radio';
  /** The city; `null` for program and the radio. */
  readonly city: City | null;
  readonly state: ChannelState;
  /** CSS value of its colour. */
  readonly colour: string;
  /** The cities on air, for program. */
  readonly onAir: readonly City[];
}

function cityState(city: City): ChannelState {
  if (city.state.state !== 'live') return 'back-soon';
  return city.tally === 'program' ? 'on-air' : 'live';
}

/** Program first, then the cities in the show's order. */
export function channelsOf(view: View): Channel[] {
  const onAir = citiesOf(view.program)
    .map((id) => view.cities.find((city) => city.id === id))
    .filter((city) => city !== undefined);
  const program: Channel = {
    id: PROGRAM,
    kind: 'program',
    city: null,
    state: onAir.some((city) => city.state.state === 'live') ? 'on-air' : 'back-soon',
    colour: colourOf(view.cities.findIndex((city) => city.id === onAir.at(-1)?.id)),
    onAir,
  };
  const cities = view.cities.map(
    (city, index): Channel => ({ id: city.id, kind: 'city', city, state: cityState(city), colour: colourOf(index), onAir: [] }),
  );
  return [program, ...cities];
}

/** The radio, which is only heard. */
export const RADIO_CHANNEL: Channel = { id: RADIO, kind: 'radio', city: null, state: 'live', colour: 'var(--city-house)', onAir: [] };
