// The keys of this tab. A key arrives in the link's fragment, which browsers do not send, and leaves the address bar at
// once, so that a shared screen or a copied address does not give it away.

/** Under which name a tab remembers a key. */
export const OPERATOR = 'regia-operator-key';
export const callKeyName = (cohost: string): string => `regia-call-key-${cohost}`;
export const cityKeyName = (city: string): string => `regia-city-key-${city}`;

/** Takes the key out of the address if it is there, else out of this tab's memory. */
export function takeKey(name: string): string | null {
  const key = new URLSearchParams(location.hash.slice(1)).get('key');
  if (key !== null) {
    history.replaceState(history.state, '', location.pathname + location.search);
    if (key !== '') keepKey(name, key);
  }
  return key || sessionStorage.getItem(name);
}

/** Remembers the key until the tab is closed. */
export function keepKey(name: string, key: string): void {
  sessionStorage.setItem(name, key);
}

/** Forgets the key. */
export function forgetKey(name: string): void {
  sessionStorage.removeItem(name);
}
