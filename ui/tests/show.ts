// A show for tests.
import { KEYERS, type City, type Cohost, type Media, type Picture, type Source, type Strip, type Tally, type View } from '../src/lib/protocol';

export const full = (source: Source): Picture => ({ boxes: [{ source, place: { x: 0, y: 0, width: 1000, height: 1000 } }] });

export const strip: Strip = {
  fader_db: 0,
  muted: false,
  mode: 'afv',
  radio_db: null,
  processing: { gain_db: 0, high_pass_hz: null, gate: null, compressor: null, pan: 0, mono: false, delay_ms: 0 },
  ramps: null,
  group: null,
  ducking: 'auto',
};

export const cohost = (id: string, state: NonNullable<Cohost['call']>['state'], place: number | null = null): Cohost => ({
  id,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  present: true,
  state: { state: 'live', since: 0 },
  picture: false,
  tally: 'off',
  on_air: state.state === 'on_air',
  muted: false,
  strip: { ...strip, mode: 'on' },
  flaws: [],
  call: {
    kind: 'host',
    origin: { by: 'link' },
    state,
    arrived: 0,
    place,
    expected: null,
    blocked: false,
    city: '',
    point: '',
    muted_by_self: false,
    muted_by_desk: false,
    round_trip_ms: null,
    keys: null,
  },
});

export const city = (id: string, tally: Tally = 'off', state: City['state'] = { state: 'live', since: 0 }): City => ({
  id,
  name: id.charAt(0).toUpperCase() + id.slice(1),
  time_zone: 'Europe/Rome',
  state,
  tally,
  slate_text: '',
  strip,
  flaws: [],
  crew: false,
});

export const media: Media = {
  stills: [{ id: 'logo', name: 'Logo', duration_ms: 0 }],
  clips: [{ id: 'pillola', name: 'Pillola', duration_ms: 15_000 }],
  music: [],
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
    sound: {
      dim_db: 12,
      ambience: 'auto',
      ducking: { music: true, cities: false, depth_db: 12, threshold_db: -40, hold_ms: 600 },
      loudness: { program_lufs: -23, radio_lufs: -16, tolerance_lu: 4, silence_s: 15 },
    },
    calls: { next_caller: 'queue_order', one_at_a_time: true },
  },
  calls_locked: false,
  withheld_refused: false,
  next_caller: null,
  talkback: [],
  talks: [],
  strips: [],
  heard: [],
  groups: [],
  masters: { program_db: 0, radio_db: 0 },
  solos: [],
  playing: [],
  deeds: [],
  alarms: [],
  ...more,
});
