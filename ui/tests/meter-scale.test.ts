import { expect, test } from 'vitest';
import { FALL_DB, FLOOR_DB, HOLD_MS, Needle, place } from '../src/lib/meter-scale';

test('the scale goes from silence to full scale and no further', () => {
  expect([-90, FLOOR_DB, -30, 0, 6].map(place)).toEqual([0, 0, 0.5, 1, 1]);
});

test('a needle goes up at once and comes down slowly', () => {
  const needle = new Needle();
  needle.move(-10, 0);
  expect(needle.shown).toBe(-10);
  needle.move(FLOOR_DB, 1000);
  expect(needle.shown).toBeCloseTo(-10 - FALL_DB, 5);
  needle.move(-5, 1010);
  expect(needle.shown).toBe(-5);
});

test('the highest peak stays marked for a moment', () => {
  const needle = new Needle();
  needle.move(-3, 0);
  needle.move(-40, HOLD_MS - 1);
  expect(needle.held).toBe(-3);
  needle.move(-40, HOLD_MS + 1);
  expect(needle.held).toBe(-40);
});
