// How long to wait before the next try: doubling, capped, with jitter, so that a room full of pages does not come back
// in one instant when the server returns.

/** First wait, in milliseconds. */
const FIRST_MS = 400;
/** Longest wait, in milliseconds: an evening must come back by itself soon after the server does. */
export const LONGEST_MS = 8000;

/** Milliseconds before try number `attempt` (1 is the first retry); `random` is in 0..1. */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt - 1, 16));
  return Math.round(full * (0.5 + random / 2));
}
