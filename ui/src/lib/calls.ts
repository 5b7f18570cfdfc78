// The calls of the evening in the order in which people look for them. Pure.
import type { CallWord, Cohost } from './protocol';

/** Who matters most comes first: on air, next, whoever calls, whoever is talked to, whoever waits; then the others. */
const ORDER: readonly CallWord[] = ['on_air', 'next', 'ringing', 'screening', 'holding', 'away', 'ended'];

/** How far somebody's call is; whoever is not told of it knows nothing. */
export const wordOf = (cohost: Cohost): CallWord => cohost.call?.state.state ?? 'away';

/** The calls in that order; within one state in the order of the queue, or of the evening. */
export function inOrder(cohosts: readonly Cohost[]): readonly Cohost[] {
  const rank = (cohost: Cohost) => ORDER.indexOf(wordOf(cohost));
  const place = (cohost: Cohost) => cohost.call?.place ?? Number.POSITIVE_INFINITY;
  return cohosts.toSorted((a, b) => rank(a) - rank(b) || (place(a) === place(b) ? 0 : place(a) - place(b)));
}

/** Whether there is a line to somebody. */
export const isThere = (word: CallWord): boolean => word !== 'away' && word !== 'ended';

/** How many call and nobody has answered. */
export const ringing = (cohosts: readonly Cohost[]): number =>
  cohosts.filter((cohost) => wordOf(cohost) === 'ringing').length;
