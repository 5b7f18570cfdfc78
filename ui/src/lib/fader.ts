// Faders as text. Pure.
import type { Language } from '../i18n/i18n.svelte';
import { decimal } from './format';
import { FADER_DB } from './protocol';

/** A fader's place: `−6,0`, `+2,5`, and `−∞` where it is closed. */
export function faderText(db: number, language: Language): string {
  if (db <= FADER_DB.closed) return '−∞';
  return `${db > 0 ? '+' : ''}${decimal(db, 1, language).replace('-', '−')}`;
}
