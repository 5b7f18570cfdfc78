// What the server and the page say to each other: the types of the live link and of commands, and how a text becomes a
// message. Unknown kinds of message are passed over, so that a page outlives a newer server.

/** A moment of the server's event clock, in microseconds. It goes on over a restart of the server. */
export type EventTime = number;

/** A moment of the wall clock, in microseconds since 1970, UTC. */
export type WallTime = number;

/** What a box shows. */
export type Source = `city:${string}` | 'slate' | 'black';

/** Who does something: `operator:Anna`, `machine:companion`, `city:roma`, `cohost:luca`, `house`, `viewer`. */
export type Actor = string;

/** Whom a message is for. */
export type Audience = 'director' | 'all' | 'cities' | 'cohosts' | `city:${string}` | `cohost:${string}`;

/** A place in the picture, in thousandths of its width and height, from the top left. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A source in its place. */
export interface PictureBox {
  readonly source: Source;
  readonly place: Place;
}

/** Who speaks, in two lines. */
export interface LowerThird {
  readonly title: string;
  readonly subtitle: string;
}

/** Boxes from back to front over black. */
export interface Picture {
  readonly boxes: readonly PictureBox[];
  readonly lower_third?: LowerThird | null;
}

/** How many sources each layout takes, fewest and most. */
export const LAYOUTS = {
  full: [1, 1],
  side_by_side: [2, 2],
  picture_in_picture: [2, 2],
  one_large: [3, 4],
  grid: [2, 9],
} as const;
export type Layout = keyof typeof LAYOUTS | 'free';

/** What a picture is made from: `free` takes boxes, every other layout takes sources. */
export interface Composition {
  readonly layout: Layout;
  readonly sources?: readonly Source[];
  readonly boxes?: readonly PictureBox[];
  readonly lower_third?: LowerThird | null;
}

/** The way from one picture to the next. */
export type Transition = { readonly kind: 'cut' } | { readonly kind: 'mix'; readonly duration_ms: number };

/** Shortest and longest mix, in milliseconds. */
export const MIX_MS = { shortest: 100, longest: 3000, step: 100 } as const;

/** How a city's contribution does. */
export type CityState =
  | { readonly state: 'offline' }
  | { readonly state: 'connecting' | 'live' | 'lost'; readonly since: EventTime };

/** Where something is seen: nowhere, in preview (green), on air (red). */
export type Tally = 'off' | 'preview' | 'program';

/** A city's strip of the desk. */
export interface Strip {
  readonly fader_db: number;
  readonly muted: boolean;
  /** `afv`: heard while in the picture. `on`: always. */
  readonly mode: 'afv' | 'on';
}

/** The fader's ends, in dB; at the lowest the strip is closed. */
export const FADER_DB = { closed: -60, most: 10, step: 0.5 } as const;

/** A city as the show sees it. */
export interface City {
  readonly id: string;
  readonly name: string;
  /** IANA time zone. */
  readonly time_zone: string;
  readonly state: CityState;
  readonly tally: Tally;
  readonly slate_text: string;
  /** Operators only. */
  readonly strip: Strip | null;
  /** Whether its crew has a page open; operators only. */
  readonly crew: boolean | null;
}

/** Somebody of the radio show. */
export interface Cohost {
  readonly id: string;
  readonly name: string;
  readonly present: boolean;
}

/** A transition on its way. */
export interface Running {
  readonly from: Picture;
  readonly transition: Transition;
  readonly started: EventTime;
  readonly ends: EventTime;
}

/** What lies over every picture. */
export interface Keyer {
  readonly on: boolean;
  readonly lower_third: LowerThird | null;
}

/** A picture with a name. */
export interface Scene {
  readonly id: number;
  readonly name: string;
  readonly composition: Composition;
}

/** A scene with what it would show now; no picture if that cannot be. */
export interface SceneView {
  readonly scene: Scene;
  readonly picture: Picture | null;
  readonly tally: Tally;
}

/** A point of the plan as somebody writes it. */
export interface CuePlan {
  readonly title: string;
  readonly scene: number | null;
  readonly planned_start: WallTime | null;
  readonly duration_s: number | null;
  readonly city: string | null;
  readonly note: string;
  readonly follow: boolean;
}

/** A point of the plan in its place. */
export interface CueView {
  readonly id: number;
  readonly plan: CuePlan;
  readonly acknowledged: boolean;
  readonly on_since: EventTime | null;
  readonly expected_start: WallTime | null;
  readonly over_s: number | null;
}

/** The plan and where the evening is in it. */
export interface RundownView {
  readonly cues: readonly CueView[];
  readonly on_air: { readonly cue: number; readonly since: EventTime } | null;
  readonly next: number | null;
  readonly held: boolean;
}

/** How somebody's page is linked. */
export type PageLink =
  | { readonly state: 'none' }
  | { readonly state: 'up' }
  | { readonly state: 'lost'; readonly since: EventTime };

/** Who commands program, and who would like to. */
export interface LeaseView {
  readonly lease: { readonly holder: Actor; readonly since: EventTime; readonly link: PageLink } | null;
  readonly ends: EventTime | null;
  readonly asked: readonly Actor[];
}

/** What somebody wrote. */
export interface Message {
  readonly id: number;
  readonly from: Actor;
  readonly to: Audience;
  readonly text: string;
  readonly sent: EventTime;
  readonly read_by: readonly Actor[];
}

/** How the show behaves. */
export interface Settings {
  readonly double_press_ms: number;
  readonly lease: {
    readonly after_s: number;
    readonly then: { readonly kind: 'hold' } | { readonly kind: 'scene'; readonly scene: number };
  };
}

/** What somebody did and can take back. */
export interface Deed {
  readonly turn: number;
  readonly actor: Actor;
  readonly command: string;
  readonly undone: boolean;
}

/** What needs mending. */
export type Alarm =
  | { readonly alarm: 'store_failing'; readonly error: string }
  | { readonly alarm: 'recovered'; readonly what: string };

/** The show as one page may know it; what it may not know is `null`. */
export interface View {
  readonly title: string;
  readonly revision: number;
  /** The wall clock at the event clock's start. */
  readonly epoch: WallTime;
  readonly program: Picture;
  readonly program_since: EventTime;
  readonly preview: Picture | null;
  readonly transition: Transition;
  readonly running: Running | null;
  readonly cities: readonly City[];
  readonly keyer: Keyer | null;
  readonly scenes: readonly SceneView[] | null;
  readonly rundown: RundownView | null;
  /** The cue of the city that looks. */
  readonly your_cue: CueView | null;
  readonly cohosts: readonly Cohost[] | null;
  readonly lease: LeaseView | null;
  readonly present: readonly Actor[] | null;
  readonly messages: readonly Message[] | null;
  readonly canned: readonly string[] | null;
  readonly settings: Settings | null;
  readonly deeds: readonly Deed[] | null;
  readonly alarms: readonly Alarm[] | null;
}

/** Something that happened, as far as pages tell of it. */
export type ShowEvent =
  | { readonly event: 'program_changed'; readonly picture: Picture; readonly transition: Transition }
  | { readonly event: 'city_changed'; readonly city: string; readonly state: CityState }
  | { readonly event: 'cue_taken'; readonly cue: number; readonly next: number | null }
  | { readonly event: 'lease_changed'; readonly lease: LeaseView['lease'] }
  | { readonly event: 'other' };

/** An event with who did it. */
export interface ToldEvent {
  readonly number: number;
  readonly actor: Actor;
  readonly event: ShowEvent;
}

/** What somebody is there for. */
export type Role = 'director' | 'sound' | 'graphics' | 'screener' | 'city' | 'cohost' | 'viewer';

/** The roles that people sign in for. */
export const OPERATOR_ROLES = ['director', 'sound', 'graphics', 'screener'] as const;

export interface Hello {
  readonly type: 'hello';
  readonly actor: Actor;
  readonly roles: readonly Role[];
  /** The actor's name for people; viewers have none. */
  readonly name: string | null;
  readonly version: string;
  readonly time_us: EventTime;
}
export interface Snapshot {
  readonly type: 'snapshot';
  readonly number: number;
  readonly time_us: EventTime;
  readonly show: View;
}
/** What happened in one call, and the fields of the show that have other values after it. */
export interface Happened {
  readonly type: 'events';
  /** The number of the first event: one more than the last one before. */
  readonly first: number;
  readonly number: number;
  readonly time_us: EventTime;
  readonly events: readonly ToldEvent[];
  readonly changes: Partial<View>;
}
export interface Beat {
  readonly type: 'beat';
  readonly number: number;
  readonly time_us: EventTime;
  /** How many watch each channel. */
  readonly viewers: Readonly<Record<string, number>>;
}
export interface Refusal {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
}

/** What the server says on the live link. */
export type ServerMessage = Hello | Snapshot | Happened | Beat | Refusal;

/** WebSocket close codes after which the same key cannot open the link: wrong or over, not for this, of somebody gone. */
export const CLOSE_WRONG_KEY = 4401;
export const CLOSE_FORBIDDEN = 4403;
export const CLOSE_UNKNOWN = 4404;

/** Something asked of the show. */
export type Command =
  | { readonly type: 'set_preview'; readonly source: Source }
  | { readonly type: 'compose'; readonly composition: Composition }
  | { readonly type: 'set_transition'; readonly transition: Transition }
  | { readonly type: 'cut' }
  | { readonly type: 'cut_to'; readonly source: Source }
  | { readonly type: 'take' }
  | { readonly type: 'add_scene'; readonly name: string; readonly composition?: Composition }
  | { readonly type: 'update_scene'; readonly scene: number; readonly name?: string; readonly composition?: Composition }
  | { readonly type: 'duplicate_scene'; readonly scene: number }
  | { readonly type: 'move_scene'; readonly scene: number; readonly to: number }
  | { readonly type: 'remove_scene'; readonly scene: number }
  | { readonly type: 'recall_scene'; readonly scene: number; readonly to: 'preview' | 'program' }
  | { readonly type: 'set_lower_third'; readonly lower_third: LowerThird | null }
  | { readonly type: 'set_keyer'; readonly on: boolean }
  | { readonly type: 'set_strip'; readonly city: string; readonly strip: Strip }
  | { readonly type: 'add_cue'; readonly cue: CuePlan; readonly before?: number }
  | { readonly type: 'update_cue'; readonly cue: number; readonly plan: CuePlan }
  | { readonly type: 'move_cue'; readonly cue: number; readonly to: number }
  | { readonly type: 'remove_cue'; readonly cue: number }
  | { readonly type: 'replace_rundown'; readonly cues: readonly CuePlan[] }
  | { readonly type: 'set_next'; readonly cue: number }
  | { readonly type: 'take_next' }
  | { readonly type: 'skip_next' }
  | { readonly type: 'hold_rundown'; readonly held: boolean }
  | { readonly type: 'acknowledge_cue'; readonly cue: number }
  | { readonly type: 'add_city'; readonly id: string; readonly name: string; readonly time_zone: string; readonly position?: number }
  | { readonly type: 'update_city'; readonly city: string; readonly name?: string; readonly time_zone?: string }
  | { readonly type: 'move_city'; readonly city: string; readonly to: number }
  | { readonly type: 'remove_city'; readonly city: string }
  | { readonly type: 'set_slate_text'; readonly city: string; readonly text: string }
  | { readonly type: 'add_cohost'; readonly id: string; readonly name: string }
  | { readonly type: 'update_cohost'; readonly cohost: string; readonly name: string }
  | { readonly type: 'move_cohost'; readonly cohost: string; readonly to: number }
  | { readonly type: 'remove_cohost'; readonly cohost: string }
  | { readonly type: 'ask_lease' }
  | { readonly type: 'give_lease'; readonly to: Actor }
  | { readonly type: 'take_lease'; readonly confirm: boolean }
  | { readonly type: 'release_lease' }
  | { readonly type: 'send_message'; readonly to: Audience; readonly text: string }
  | { readonly type: 'read_message'; readonly message: number }
  | { readonly type: 'set_canned'; readonly texts: readonly string[] }
  | { readonly type: 'set_title'; readonly title: string }
  | { readonly type: 'set_settings'; readonly settings: Settings }
  | { readonly type: 'undo' }
  | { readonly type: 'redo' };

const KINDS: ReadonlySet<string> = new Set(['hello', 'snapshot', 'events', 'beat', 'error']);

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
