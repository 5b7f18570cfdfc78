// What the server and the page say to each other: the types of the live link and of commands, as the description of the API
// has them, under the names that the pages use; and how a text becomes a message. Unknown kinds of message are passed over, so
// that a page outlives a newer server.
import type { CallView, CityView, CohostView, DeedView, Event, Layout, LiveMessage, Rect, ShowTime } from './api.gen';

export type {
  Actor,
  Alarm,
  Ambience,
  Audience,
  Border,
  CityState,
  Command,
  Composition,
  Compressor,
  Corner,
  Crop,
  CuePlan,
  CueView,
  Direction,
  Field,
  Fit,
  Flaw,
  Gate,
  Graphic,
  Inset,
  Keyer,
  Layout,
  LeaseView,
  Media,
  MediaItem,
  Message,
  NextCaller,
  PageLink,
  Picture,
  PictureBox,
  PlayingView,
  Processing,
  ReadinessRule,
  Role,
  RundownView,
  Running,
  Scene,
  SceneView,
  Settings,
  SoloKind,
  Source,
  Strip,
  StripId,
  TalkTo,
  Tally,
  Template,
  ToldEvent,
  Transition,
  View,
  WallTime,
  WhenLost,
  WipePattern,
} from './api.gen';

/** A moment of the server's event clock, in microseconds. It goes on over a restart of the server. */
export type EventTime = ShowTime;

/** A place in the picture, in thousandths of its width and height, from the top left. */
export type Place = Rect;

/** A city as the show sees it. */
export type City = CityView;

/** Somebody of the radio show. */
export type Cohost = CohostView;

/** How somebody's call does; pages of others are told of their own alone. */
export type Call = CallView;

/** The word of a call's state. */
export type CallWord = CallView['state']['state'];

/** What somebody did and can take back. */
export type Deed = DeedView;

/** Something that happened. */
export type ShowEvent = Event;

/** How many sources each layout takes, fewest and most; a free one so many boxes. */
export const LAYOUTS = {
  full: [1, 1],
  side_by_side: [2, 2],
  picture_in_picture: [2, 2],
  one_large: [3, 4],
  grid: [2, 9],
  free: [1, 9],
} as const satisfies Record<Layout, readonly [number, number]>;

/** How large the small picture of a picture in picture can be, in thousandths. */
export const INSET = { smallest: 100, largest: 500, usual: 280 } as const;

/** Widest border, in thousandths of the picture's height. */
export const BORDER = { widest: 50, usual: 6 } as const;

/** Most that can be cut off a source each way, in thousandths. */
export const CROP_MOST = 900;

/** Most graphics of a picture. */
export const MOST_GRAPHICS = 4;

/** How many downstream keyers there are. */
export const KEYERS = 4;

/** Shortest and longest transition that is not a cut, in milliseconds. */
export const TRANSITION_MS = { shortest: 100, longest: 3000, step: 100 } as const;

/** Softest edge of a wipe, in thousandths of the picture. */
export const SOFTEST = 500;

/** All of a transition: how far the T-bar goes. */
export const WHOLE = 1000;

/** The fader's ends, in dB; at the lowest the strip is closed. */
export const FADER_DB = { closed: -60, most: 10, step: 0.5 } as const;

/** The groups of strips. */
export const GROUPS = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** What a strip's processing can be set to, and what it begins with where it is switched on. */
export const PROCESSING = {
  gain_db: { low: -20, high: 40, step: 1 },
  high_pass_hz: { low: 40, high: 400, step: 10, usual: 80 },
  gate: { threshold_db: -50, range_db: 20, attack_ms: 5, hold_ms: 200, release_ms: 200 },
  gate_threshold_db: { low: -80, high: 0, step: 1 },
  gate_range_db: { low: 1, high: 80, step: 1 },
  gate_attack_ms: { low: 1, high: 100, step: 1 },
  gate_hold_ms: { low: 0, high: 2000, step: 10 },
  compressor: { threshold_db: -20, ratio_tenths: 30, attack_ms: 10, release_ms: 150, make_up_db: 0 },
  compressor_threshold_db: { low: -60, high: 0, step: 1 },
  ratio: { low: 1, high: 20, step: 0.5 },
  attack_ms: { low: 1, high: 200, step: 1 },
  release_ms: { low: 10, high: 2000, step: 10 },
  make_up_db: { low: 0, high: 24, step: 1 },
  pan: { low: -100, high: 100, step: 5 },
  delay_ms: { low: 0, high: 2000, step: 10 },
} as const;

/** How long a strip may take to come and to go, in milliseconds. */
export const RAMPS = { low: 20, high: 3000, step: 20, usual: { opens_ms: 100, closes_ms: 400 } } as const;

/** Ranges of the desk's rules. */
export const SOUND_RULES = {
  dim_db: { low: 0, high: 60 },
  depth_db: { low: 1, high: 40 },
  threshold_db: { low: -60, high: 0 },
  hold_ms: { low: 0, high: 5000 },
  lufs: { low: -36, high: -10 },
  tolerance_lu: { low: 1, high: 20 },
  silence_s: { low: 0, high: 600 },
} as const;

/** The roles that people sign in for. */
export const OPERATOR_ROLES = ['director', 'sound', 'graphics', 'screener'] as const;

/** What the server says on the live link. */
export type ServerMessage = LiveMessage;
export type Hello = Extract<LiveMessage, { readonly type: 'hello' }>;
export type Snapshot = Extract<LiveMessage, { readonly type: 'snapshot' }>;
/** What happened in one call, and the fields of the show that have other values after it. */
export type Happened = Extract<LiveMessage, { readonly type: 'events' }>;
export type Beat = Extract<LiveMessage, { readonly type: 'beat' }>;
export type Refusal = Extract<LiveMessage, { readonly type: 'error' }>;

/** WebSocket close codes after which the same key cannot open the link: wrong or over, not for this, of somebody gone. */
export const CLOSE_WRONG_KEY = 4401;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_UNKNOWN = 4404;

const KINDS: ReadonlySet<string> = new Set(['hello', 'snapshot', 'events', 'beat', 'error', 'meter_map']);

/** The message in a text frame; `null` for what this page does not know. */
export function parseMessage(text: string): ServerMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('type' in value)) return null;
  return typeof value.type === 'string' && KINDS.has(value.type) ? (value as ServerMessage) : null;
}
