// Which channel this person has chosen. The choice lives in the address, so that it survives a reload, can be sent to
// somebody, and goes back with the back button.
import { PROGRAM } from '../lib/picture';

const ID = /^[a-z0-9-]{1,32}$/;

/** The channel an address names: `?channel=roma` or `#roma`; program when it names none. */
export function channelIn(search: string, hash: string): string {
  const named = new URLSearchParams(search).get('channel') ?? hash.slice(1);
  return ID.test(named) ? named : PROGRAM;
}

/** The address of a channel on this page. */
export function addressOf(channel: string): string {
  return channel === PROGRAM ? '/' : `/?channel=${channel}`;
}

/** The chosen channel. */
export class Choice {
  channel = $state(PROGRAM);

  /** Follows the address until the returned function is called. */
  start(): () => void {
    const read = () => {
      this.channel = channelIn(location.search, location.hash);
    };
    read();
    window.addEventListener('popstate', read);
    window.addEventListener('hashchange', read);
    return () => {
      window.removeEventListener('popstate', read);
      window.removeEventListener('hashchange', read);
    };
  }

  /** Chooses a channel. */
  choose(channel: string): void {
    if (channel === this.channel) return;
    history.pushState(null, '', addressOf(channel));
    this.channel = channel;
  }

  /** Puts another channel in the place of one that does not exist. */
  correct(channel: string): void {
    history.replaceState(null, '', addressOf(channel));
    this.channel = channel;
  }
}
