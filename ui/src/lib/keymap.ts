// All keys of all pages. A key is told by its place on the keyboard (`code`), so that digits with Shift work on Italian
// layouts, where Shift+1 writes an exclamation mark.

/** What a key asks for. Indices count tiles from 0. */
export type ConsoleAction =
  | { readonly do: 'preview' | 'cut_to'; readonly tile: number | 'slate' }
  | { readonly do: 'cut' }
  | { readonly do: 'take' }
  | { readonly do: 'take_next' }
  /** On air or off, counted from 1. */
  | { readonly do: 'keyer'; readonly keyer: number }
  | { readonly do: 't_bar' }
  | { readonly do: 'black' }
  | { readonly do: 'compose' }
  | { readonly do: 'multiview' }
  /** The desk, or how the signals do. */
  | { readonly do: 'sound' }
  /** To everybody, as long as the key is down. */
  | { readonly do: 'talk' }
  | { readonly do: 'undo' }
  | { readonly do: 'redo' }
  | { readonly do: 'help' };

export type WatchAction =
  | { readonly do: 'channel'; readonly tile: number }
  | { readonly do: 'pause' }
  | { readonly do: 'sound' }
  | { readonly do: 'fullscreen' };

/** What of a keyboard event matters. */
export interface Key {
  readonly code: string;
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
  readonly repeat: boolean;
}

/** Where the focus is when a key goes down. */
export type Focus =
  /** On nothing that takes keys: all keys are the page's. */
  | 'page'
  /** On a button or link that was reached by keyboard: Space and Enter press it. */
  | 'control'
  /** In a field that is typed into: no key is the page's. */
  | 'field';

/** How many tiles have a digit of their own. */
export const DIGITS = 8;

/** The keys of the keyers, lowest first: the row below the digits. */
const KEYERS = ['KeyQ', 'KeyW', 'KeyE', 'KeyR'];

/** The same as caps, for what stands beside a keyer. */
export const KEYER_CAPS = KEYERS.map((code) => code.slice('Key'.length));

/** Held to talk to everybody. */
export const TALK_KEY = 'KeyV';

/** Keys that ask for one thing, wherever the focus is but in a field. */
const LETTERS: Readonly<Record<string, ConsoleAction>> = {
  KeyN: { do: 'take_next' },
  KeyT: { do: 't_bar' },
  KeyC: { do: 'compose' },
  KeyM: { do: 'multiview' },
  KeyA: { do: 'sound' },
  [TALK_KEY]: { do: 'talk' },
};

function digit(code: string): number | null {
  const found = /^(?:Digit|Numpad)([0-9])$/.exec(code);
  return found ? Number(found[1]) : null;
}

const held = (key: Key): boolean => key.ctrlKey || key.altKey || key.metaKey || key.repeat;

/** What a key asks of the console; `null` when it is not the console's. */
export function consoleAction(key: Key, focus: Focus): ConsoleAction | null {
  if (focus === 'field') return null;
  // By the letter, not by its place: the Z of an undo is where people's keyboards write it.
  if ((key.ctrlKey || key.metaKey) && !key.altKey && !key.repeat && key.key.toLowerCase() === 'z') {
    return { do: key.shiftKey ? 'redo' : 'undo' };
  }
  if (held(key)) return null;
  if (key.key === '?') return { do: 'help' };
  const number = digit(key.code);
  if (number !== null && number <= DIGITS) {
    return { do: key.shiftKey ? 'cut_to' : 'preview', tile: number === 0 ? 'slate' : number - 1 };
  }
  // Black is over everything: one finger alone may not call it by mistake.
  if (key.shiftKey) return key.code === 'KeyB' ? { do: 'black' } : null;
  const keyer = KEYERS.indexOf(key.code);
  if (keyer >= 0) return { do: 'keyer', keyer: keyer + 1 };
  const letter = LETTERS[key.code];
  if (letter !== undefined) return letter;
  if (focus === 'control') return null;
  if (key.code === 'Space') return { do: 'cut' };
  if (key.code === 'Enter' || key.code === 'NumpadEnter') return { do: 'take' };
  return null;
}

/** What a key asks of the watch page; `null` when it is not the page's. */
export function watchAction(key: Key, focus: Focus): WatchAction | null {
  if (held(key) || key.shiftKey || focus === 'field') return null;
  const number = digit(key.code);
  if (number !== null) return { do: 'channel', tile: number };
  switch (key.code) {
    case 'KeyK':
      return { do: 'pause' };
    case 'Space':
      return focus === 'control' ? null : { do: 'pause' };
    case 'KeyM':
      return { do: 'sound' };
    case 'KeyF':
      return { do: 'fullscreen' };
    default:
      return null;
  }
}

const TYPED = 'input:not([type=range]):not([type=radio]):not([type=checkbox]):not([type=button]), textarea, select, [contenteditable=true]';
const PRESSED = 'button, a[href], summary, input, [role=button]';

/** Where the focus is, seen from a keyboard event's target. */
export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof Element)) return 'page';
  if (target.matches(TYPED)) return 'field';
  return target.matches(PRESSED) ? 'control' : 'page';
}

/** Keys as the help shows them: which caps, and the dictionary's word for what they do. */
export const CONSOLE_HELP = [
  { caps: ['1', '…', '8'], says: 'preview' },
  { caps: ['0'], says: 'previewSlate' },
  { caps: ['⇧', '1', '…', '8'], says: 'cutTo' },
  { caps: ['space'], says: 'cut' },
  { caps: ['enter'], says: 'auto' },
  { caps: ['N'], says: 'takeNext' },
  { caps: ['Q', 'W', 'E', 'R'], says: 'keyers' },
  { caps: ['T'], says: 'tBar' },
  { caps: ['⇧', 'B'], says: 'black' },
  { caps: ['C'], says: 'compose' },
  { caps: ['M'], says: 'multiview' },
  { caps: ['A'], says: 'sound' },
  { caps: ['V'], says: 'talk' },
  { caps: ['ctrl', 'Z'], says: 'undo' },
  { caps: ['ctrl', '⇧', 'Z'], says: 'redo' },
  { caps: ['?'], says: 'help' },
] as const;
