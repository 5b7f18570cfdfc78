// A show for tests.
import { KEYERS, type City, type Media, type Picture, type Source, type Tally, type View } from '../src/lib/protocol';

export const full = (source: Source): Picture => ({ boxes: [{ source, place: { x: 0, y: 0, width: 1000, height: 1000 } }] });

export const city = (id: string, tally: Tally = 'off', state: City['state'] = { state: 'live', since: 0 }): City => ({
  id,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  time_zone: 'Europe/Rome',
  state,
  tally,
  slate_text: '',
  strip: { fader_db: 0, muted: false, mode: 'afv' },
  flaws: [],
  crew: false,
});

export const media: Media = {
  stills: [{ id: 'logo', name: 'Logo', duration_ms: 0 }],
  clips: [{ id: 'pillola', name: 'Pillola', duration_ms: 15_000 }],
  stingers: [{ id: 'sigla', name: 'Sigla', duration_ms: 1_200 }],
  templates: [
    {
      id: 'lower-third',
      name: 'Sottopancia',
      name_en: 'Lower third',
      fields: [
        { id: 'title', label: 'Titolo', label_en: 'Title', kind: { kind: 'text', longest: 40 }, required: true },
        { id: 'subtitle', label: 'Seconda riga', label_en: 'Second line', kind: { kind: 'text', longest: 60 }, required: false },
      ],
    },
    {
      id: 'countdown',
      name: 'Conto alla rovescia',
      name_en: 'Countdown',
      fields: [
        { id: 'until', label: 'Fino a', label_en: 'Until', kind: { kind: 'time' }, required: true },
        { id: 'colour', label: 'Colore', label_en: 'Colour', kind: { kind: 'colour', default: '#ffb020' }, required: false },
        { id: 'image', label: 'Immagine', label_en: 'Image', kind: { kind: 'image' }, required: false },
      ],
    },
  ],
  flaws: [],
};

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
  black: false,
  guarded: null,
  keyers: Array.from({ length: KEYERS }, () => ({ on: false, graphic: null })),
  media,
  scenes: [],
  rundown: { cues: [], on_air: null, next: null, held: false },
  your_cue: null,
  cohosts: [],
  lease: { lease: null, ends: null, asked: [] },
  present: [],
  messages: [],
  canned: [],
  settings: {
    double_press_ms: 150,
    lease: { after_s: 30, then: { kind: 'hold' } },
    readiness: 'warn',
    guard: { after_s: 10, scene: null },
    fade_ms: 1000,
    calls: { next_caller: 'queue_order', one_at_a_time: true },
  },
  deeds: [],
  alarms: [],
  ...more,
});
