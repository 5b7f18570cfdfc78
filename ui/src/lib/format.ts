// Numbers and times as text. Pure: the time is an argument. Widths stay steady in tabular figures.
import type { Language } from '../i18n/i18n.svelte';

const two = (n: number): string => String(n).padStart(2, '0');

/** A span as `mm:ss`, or `h:mm:ss` from an hour on; never negative. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${two(minutes)}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

const formats = new Map<string, Intl.DateTimeFormat | null>();

function clockFormat(zone: string | undefined, seconds: boolean): Intl.DateTimeFormat | null {
  const key = `${zone} ${seconds}`;
  let format = formats.get(key);
  if (format === undefined) {
    try {
      format = new Intl.DateTimeFormat('it', {
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        ...(seconds ? { second: '2-digit' } : {}),
        ...(zone === undefined ? {} : { timeZone: zone }),
      });
    } catch {
      format = null;
    }
    formats.set(key, format);
  }
  return format;
}

/** The hour on a wall in a time zone, `21:14`; a dash when the browser does not know the zone. */
export function wallTime(zone: string | undefined, epochMs: number): string {
  return clockFormat(zone, false)?.format(epochMs) ?? '–';
}

/** A span as people count it down, `0:35`, `12:05`, `1:02:03`: what is left is rounded up, so that zero is zero. */
export function countdown(ms: number): string {
  const seconds = Math.ceil(Math.abs(ms) / 1000 - 1e-9);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** The same with its sign: `−0:35` is still to come, `+0:12` is late. */
export function signed(ms: number): string {
  const text = countdown(ms);
  return text === '0:00' ? text : `${ms < 0 ? '−' : '+'}${text}`;
}

/** The hour in a zone with seconds, `21:14:08`. */
export function wallHour(zone: string | undefined, epochMs: number): string {
  return clockFormat(zone, true)?.format(epochMs) ?? '–';
}

/** The same with seconds, `21:14:08`, in the zone of this browser. */
export function wallTimeSeconds(epochMs: number): string {
  return clockFormat(undefined, true)?.format(epochMs) ?? '–';
}

/** A whole number with the language's groups: `1.284`. */
export function count(n: number, language: Language): string {
  return new Intl.NumberFormat(language, { useGrouping: 'always' }).format(n);
}

/** A number with a fixed number of decimals: `2,5`. */
export function decimal(n: number, digits: number, language: Language): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(n);
}
