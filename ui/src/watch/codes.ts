// The access codes that somebody has entered, for as long as the tab is open.

const nameOf = (channel: string): string => `regia-code-${channel}`;

/** The code for a channel, if one was entered. */
export function codeOf(channel: string): string | null {
  return sessionStorage.getItem(nameOf(channel));
}

/** Remembers a code; an empty one is forgotten. */
export function keepCode(channel: string, code: string): void {
  if (code === '') sessionStorage.removeItem(nameOf(channel));
  else sessionStorage.setItem(nameOf(channel), code);
}
