// What a co-host's page says about its call: the words that the server has for it, put together with how this device is connected.
import type { LinkState } from '../lib/live.svelte';
import { wordOf } from '../lib/calls';
import type { CallWord, Cohost } from '../lib/protocol';
import type { PublisherState } from '../lib/whip.svelte';

/** What the banner shows. */
export type Banner =
  /** The link to the control room is gone: whether this page is on air is not known. */
  | { readonly is: 'lost' }
  /** This device is on its way. */
  | { readonly is: 'asking' | 'connecting' | 'retrying' }
  /** The call, as the server says. */
  | { readonly is: 'call'; readonly state: CallWord };

/** The banner. On air is what the server says, never a guess. */
export function banner(link: LinkState, publisher: PublisherState, cohost: Cohost | undefined): Banner {
  if (publisher.is === 'retrying' || publisher.is === 'asking') return { is: publisher.is };
  if (link.is === 'lost') return { is: 'lost' };
  if (cohost === undefined || publisher.is === 'connecting') return { is: 'connecting' };
  return { is: 'call', state: wordOf(cohost) };
}
