// What the server and the page say to each other: the types of the live link and of commands, and how a text becomes a
// message. Unknown kinds of message are passed over, so that a page outlives a newer server.

/** A moment of the server's event clock, in microseconds. */
export type EventTime = number;

/** What a box shows. */
export type Source = `city:${string}` | 'slate' | 'black';

/** A place in the picture, in thousandths of its width and height, from the top left. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Boxes from back to front over black. */
export interface Picture {
  readonly boxes: readonly { readonly source: Source; readonly place: Place }[];
}

/** The way from one picture to the next. */
export type Transition = { readonly kind: 'cut' } | { readonly kind: 'mix'; readonly duration_ms: number };

/** Shortest and longest mix, in milliseconds. */
export const MIX_MS = { shortest: 100, longest: 3000, step: 100 } as const;

/** How a city's contribution does. */
export type CityState =
  | { readonly state: 'offline' }
  | { readonly state: 'connecting' | 'live' | 'lost'; readonly since: EventTime };

/** Where a city is seen: nowhere, in preview (green), on air (red). */
export type Tally = 'off' | 'preview' | 'program';

/** A city as the show sees it. */
export interface City {
  readonly id: string;
  readonly name: string;
  /** IANA time zone. */
  readonly time_zone: string;
  readonly state: CityState;
  readonly tally: Tally;
}

/** A transition on its way. */
export interface Running {
  readonly from: Picture;
  readonly transition: Transition;
  readonly started: EventTime;
  readonly ends: EventTime;
}

/** The whole show. */
export interface View {
  readonly title: string;
  readonly revision: number;
  readonly program: Picture;
  readonly program_since: EventTime;
  readonly preview: Picture;
  readonly transition: Transition;
  readonly running: Running | null;
  readonly cities: readonly City[];
}

/** Something that happened. */
export type ShowEvent =
  | { readonly event: 'program_changed'; readonly picture: Picture; readonly transition: Transition }
  | { readonly event: 'transition_ended' }
  | { readonly event: 'preview_changed'; readonly picture: Picture }
  | { readonly event: 'transition_set'; readonly transition: Transition }
  | { readonly event: 'city_changed'; readonly city: string; readonly state: CityState };

/** What the link may do: look on, or command. */
export type Role = 'operator' | 'viewer';

export interface Hello {
  readonly type: 'hello';
  readonly role: Role;
  readonly version: string;
  readonly time_us: EventTime;
}
export interface Snapshot {
  readonly type: 'snapshot';
  readonly number: number;
  readonly time_us: EventTime;
  readonly show: View;
}
export interface Happened {
  readonly type: 'event';
  readonly number: number;
  readonly time_us: EventTime;
  readonly event: ShowEvent;
  readonly show: View;
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

/** WebSocket close code for a wrong operator key. */
export const CLOSE_WRONG_KEY = 4401;

/** Something asked of the show. */
export type Command =
  | { readonly type: 'set_preview'; readonly source: Source }
  | { readonly type: 'set_transition'; readonly transition: Transition }
  | { readonly type: 'cut' }
  | { readonly type: 'cut_to'; readonly source: Source }
  | { readonly type: 'take' };

const KINDS: ReadonlySet<string> = new Set(['hello', 'snapshot', 'event', 'beat', 'error']);

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
