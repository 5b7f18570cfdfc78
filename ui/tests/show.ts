// A show for tests.
import type { City, Picture, Source, Tally, View } from '../src/lib/protocol';

export const full = (source: Source): Picture => ({ boxes: [{ source, place: { x: 0, y: 0, width: 1000, height: 1000 } }] });

export const city = (id: string, tally: Tally = 'off', state: City['state'] = { state: 'live', since: 0 }): City => ({
  id,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  time_zone: 'Europe/Rome',
  state,
  tally,
  slate_text: '',
  strip: { fader_db: 0, muted: false, mode: 'afv' },
  crew: false,
});

export const view = (more: Partial<View> = {}): View => ({
  title: 'Prova',
  revision: 1,
  epoch: 0,
  program: full('city:genova'),
  program_since: 0,
  preview: full('city:roma'),
  transition: { kind: 'cut' },
  running: null,
  cities: [city('lecce'), city('roma', 'preview'), city('genova', 'program')],
  keyer: { on: false, lower_third: null },
  scenes: [],
  rundown: { cues: [], on_air: null, next: null, held: false },
  your_cue: null,
  cohosts: [],
  lease: { lease: null, ends: null, asked: [] },
  present: [],
  messages: [],
  canned: [],
  settings: { double_press_ms: 150, lease: { after_s: 30, then: { kind: 'hold' } } },
  deeds: [],
  alarms: [],
  ...more,
});
