import { describe, expect, it } from 'vitest';
import { qrCode } from '../src/lib/qr';

const rows = (text: string): string[] => (qrCode(text) ?? []).map((row) => row.map((dark) => (dark ? '#' : '.')).join(''));

describe('a QR code', () => {
  it('grows with its text, and says when it cannot', () => {
    expect(rows('a')).toHaveLength(21);
    expect(rows('x'.repeat(17))).toHaveLength(21);
    expect(rows('x'.repeat(18))).toHaveLength(25);
    expect(rows('x'.repeat(230))).toHaveLength(53);
    expect(qrCode('x'.repeat(231))).toBeNull();
  });

  it('has its finders in three corners, its timing between them, and the module that is always dark', () => {
    const code = rows('https://regia.example.org/city/roma');
    const side = code.length;
    for (const [top, left] of [[0, 0], [0, side - 7], [side - 7, 0]] as const) {
      expect(code.slice(top, top + 7).map((row) => row.slice(left, left + 7))).toEqual([
        '#######',
        '#.....#',
        '#.###.#',
        '#.###.#',
        '#.###.#',
        '#.....#',
        '#######',
      ]);
    }
    expect(code[6]?.slice(8, side - 8)).toMatch(/^(#\.)+#?$/);
    expect(code[side - 8]?.[8]).toBe('#');
  });
});
