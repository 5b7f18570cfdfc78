// The operator key of this tab. It arrives in the link's fragment, which browsers do not send, and leaves the address bar
// at once, so that a shared screen or a copied address does not give it away.

const NAME = 'regia-operator-key';

/** Takes the key out of the address if it is there, else out of this tab's memory. */
export function takeKey(): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) {
    history.replaceState(history.state, '', location.pathname + location.search);
    if (key !== '') keepKey(key);
  }
  return key || sessionStorage.getItem(NAME);
}

/** Remembers the key until the tab is closed. */
export function keepKey(key: string): void {
  sessionStorage.setItem(NAME, key);
}

/** Forgets the key. */
export function forgetKey(): void {
  sessionStorage.removeItem(NAME);
}
