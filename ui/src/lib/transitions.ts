// Transitions as a panel offers them: their kinds, and what was chosen last for each, so that to choose a kind is one press. Pure.
import { type Direction, type MediaItem, TRANSITION_MS, type Transition, type WipePattern } from './protocol';

/** All kinds, in the order of the buttons. */
export const KINDS = ['cut', 'mix', 'dip', 'wipe', 'push', 'slide', 'move', 'stinger'] as const satisfies readonly Transition['kind'][];

/** Where something moves. */
export const DIRECTIONS = ['left', 'right', 'up', 'down'] as const satisfies readonly Direction[];

/** The forms of a wipe's edge, and a drawing of each half-way: where the new picture is, on 16 by 9. */
export const PATTERNS: Readonly<Record<WipePattern, string>> = {
  right: 'M0 0H8V9H0z',
  left: 'M8 0H16V9H8z',
  down: 'M0 0H16V4.5H0z',
  up: 'M0 4.5H16V9H0z',
  down_right: 'M0 0H14L0 9z',
  down_left: 'M16 0H2L16 9z',
  up_right: 'M0 9H14L0 0z',
  up_left: 'M16 9H2L16 0z',
  circle: 'M8 1.3a3.2 3.2 0 1 0 .01 0z',
  diamond: 'M8 .6L13 4.5 8 8.4 3 4.5z',
  barn_horizontal: 'M4.5 0h7V9h-7z',
  barn_vertical: 'M0 2.5H16V6.5H0z',
  clock: 'M8 4.5V0H16V9H9.5z',
};

/** What was chosen last, kind by kind. */
export interface Choices {
  readonly duration_ms: number;
  readonly colour: string;
  readonly pattern: WipePattern;
  readonly softness: number;
  readonly direction: Direction;
  readonly stinger: string;
  readonly cut_ms: number;
}

/** What is chosen before anybody has. */
export const FIRST: Choices = {
  duration_ms: 1000,
  colour: '#000000',
  pattern: 'right',
  softness: 50,
  direction: 'left',
  stinger: '',
  cut_ms: 500,
};

/** The choices after a transition was chosen: what it says, and the rest as it was. */
export function learnt(choices: Choices, transition: Transition): Choices {
  const { kind: _, ...said } = transition;
  return { ...choices, ...said };
}

/** A stinger's length, as a transition can have it. */
export function stingerMs({ duration_ms }: MediaItem): number {
  return Math.min(TRANSITION_MS.longest, Math.max(TRANSITION_MS.shortest, duration_ms));
}

/** The transition of this kind with these choices; `null` for a stinger where there is none. */
export function transitionOf(kind: Transition['kind'], choices: Choices, stingers: readonly MediaItem[]): Transition | null {
  const { duration_ms, colour, pattern, softness, direction } = choices;
  switch (kind) {
    case 'cut':
      return { kind };
    case 'mix':
    case 'move':
      return { kind, duration_ms };
    case 'dip':
      return { kind, duration_ms, colour };
    case 'wipe':
      return { kind, duration_ms, pattern, softness };
    case 'push':
    case 'slide':
      return { kind, duration_ms, direction };
    case 'stinger': {
      const known = stingers.find(({ id }) => id === choices.stinger);
      const [first] = stingers;
      if (known !== undefined) return { kind, duration_ms, stinger: known.id, cut_ms: Math.min(choices.cut_ms, duration_ms) };
      // A stinger runs as long as it was made, and changes the picture in the middle, until somebody sets it otherwise.
      return first === undefined ? null : stingerOf(first);
    }
  }
}

/** A stinger as it was made. */
export function stingerOf(item: MediaItem): Transition {
  const duration_ms = stingerMs(item);
  return { kind: 'stinger', duration_ms, stinger: item.id, cut_ms: Math.round(duration_ms / 2) };
}
