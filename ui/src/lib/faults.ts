// Why a link opens nothing any more, for whoever came with it.
import type { Dictionary } from '../i18n/it';

/** By the server's stable word. */
export function linkFaults(t: Dictionary): Record<string, string> {
  const over = t.seat.linkOver;
  return { 'link-revoked': over, 'link-expired': over, 'link-renewed': over, 'unknown-city': over, 'unknown-cohost': over };
}
