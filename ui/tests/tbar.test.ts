import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Outcome } from '../src/lib/desk.svelte';
import { PACE_MS, TBarHand } from '../src/lib/tbar.svelte';

describe('the T-bar', () => {
  let sent: { at: number; position: number }[];
  let outcome: Outcome;
  let waits: boolean;
  const began = () => performance.now();
  const bar = () =>
    new TBarHand(
      (position) => {
        sent.push({ at: began(), position });
        return Promise.resolve(outcome);
      },
      () => waits,
    );
  const positions = () => sent.map(({ position }) => position);

  beforeEach(() => {
    vi.useFakeTimers();
    [sent, outcome, waits] = [[], 'done', false];
  });
  afterEach(() => void vi.useRealTimers());

  it('sends at most twenty places a second, and the last one always', async () => {
    const hand = bar();
    for (let n = 1; n <= 100; n++) {
      hand.move(n * 5);
      await vi.advanceTimersByTimeAsync(5);
    }
    hand.release();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(positions().at(-1)).toBe(500);
    expect(sent.length).toBeLessThanOrEqual(11);
    expect(sent.every(({ at }, n) => n === 0 || at - (sent[n - 1]?.at ?? 0) >= PACE_MS)).toBe(true);
    expect(hand.hand).toBeNull();
  });

  it('a hand that is still holding it is seen where it is', async () => {
    const hand = bar();
    hand.move(300);
    await vi.advanceTimersByTimeAsync(500);
    expect(hand.hand).toBe(300);
    hand.release();
    expect(hand.hand).toBeNull();
  });

  it('waits until the show has followed, and then sends the newest place', async () => {
    const hand = bar();
    waits = true;
    hand.move(100);
    hand.move(200);
    await vi.advanceTimersByTimeAsync(300);
    expect(positions()).toEqual([]);
    waits = false;
    await vi.advanceTimersByTimeAsync(50);
    expect(positions()).toEqual([200]);
  });

  it('snaps back when it is refused, until the hand lets go', async () => {
    const hand = bar();
    outcome = 'refused';
    hand.move(100);
    await vi.advanceTimersByTimeAsync(0);
    expect(hand.hand).toBeNull();
    expect(hand.move(200)).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(positions()).toEqual([100]);
    hand.release();
    outcome = 'done';
    expect(hand.move(10)).toBe(true);
  });

  it('the end is the end: what the hand does after it begins nothing new', async () => {
    const hand = bar();
    hand.move(500);
    hand.move(1000);
    expect(hand.move(900)).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(positions()).toEqual([500, 1000]);
    waits = true;
    hand.release();
    expect(hand.move(990)).toBe(false);
    waits = false;
    expect(hand.move(10)).toBe(true);
  });
});
