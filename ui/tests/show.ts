// A show for tests.
import type { City, Picture, Source, Tally, View } from '../src/lib/protocol';

export const full = (source: Source): Picture => ({ boxes: [{ source, place: { x: 0, y: 0, width: 1000, height: 1000 } }] });

export const city = (id: string, tally: Tally = 'off', state: City['state'] = { state: 'live', since: 0 }): City => ({
  id,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  time_zone: 'Europe/Rome',
  state,
  tally,
});

export const view = (more: Partial<View> = {}): View => ({
  title: 'Prova',
  revision: 1,
  program: full('city:genova'),
  program_since: 0,
  preview: full('city:roma'),
  transition: { kind: 'cut' },
  running: null,
  cities: [city('lecce'), city('roma', 'preview'), city('genova', 'program')],
  ...more,
});
