import { describe, expect, it } from 'vitest';
import { LONGEST_MS, backoffMs } from '../src/lib/backoff';
import { EventClock } from '../src/lib/clock';
import { count, decimal, span, wallTime } from '../src/lib/format';
import { barOf, progress, takeMeans } from '../src/lib/progress';
import type { Running } from '../src/lib/protocol';
import { full } from './show';

describe('times', () => {
  it('a span grows from minutes to hours', () => {
    expect(span(-5)).toBe('00:00');
    expect(span(8_999)).toBe('00:08');
    expect(span(754_000)).toBe('12:34');
    expect(span(2_537_000 + 3_600_000)).toBe('1:42:17');
  });

  it('every city has its own hour', () => {
    const noon = Date.UTC(2026, 0, 26, 12, 0);
    expect(wallTime('Europe/Rome', noon)).toBe('13:00');
    expect(wallTime('Europe/London', noon)).toBe('12:00');
    expect(wallTime('Mars/Olympus', noon)).toBe('–');
  });

  it('midnight is zero, not twenty-four', () => {
    expect(wallTime('Europe/London', Date.UTC(2026, 0, 26, 0, 5))).toBe('00:05');
  });

  it('numbers follow the language', () => {
    expect(count(1284, 'it')).toBe('1.284');
    expect(count(1284, 'en')).toBe('1,284');
    expect(decimal(2.53, 1, 'it')).toBe('2,5');
  });
});

const mix = { from: full('slate'), transition: { kind: 'mix', duration_ms: 1000 }, reversed: false } as const;

describe('the event clock', () => {
  it('believes the message that travelled fastest', () => {
    const clock = new EventClock();
    expect(clock.localMs(0)).toBeNull();
    clock.read(1_000_000, 1_540);
    clock.read(2_000_000, 2_510);
    clock.read(3_000_000, 3_700);
    expect(clock.localMs(4_000_000)).toBe(4_510);
  });

  it('follows drift, because old readings leave', () => {
    const clock = new EventClock();
    clock.read(0, 100);
    for (let second = 1; second <= 40; second++) clock.read(second * 1_000_000, second * 1_000 + 200);
    expect(clock.localMs(0)).toBe(200);
  });

  it('tells how far a transition is', () => {
    const clock = new EventClock();
    const running: Running = { ...mix, progress: { kind: 'auto', started: 0, ends: 1_000_000, done: 0 } };
    expect(progress(running, clock, 400)).toBe(0);
    clock.read(0, 0);
    expect(progress(running, clock, 400)).toBe(0.4);
    expect(progress(running, clock, 4_000)).toBe(1);
    expect(progress(running, clock, -10)).toBe(0);
  });

  it('one that turned goes on from where it was, and brings the T-bar down again', () => {
    const clock = new EventClock();
    clock.read(0, 0);
    const back: Running = { ...mix, reversed: true, progress: { kind: 'auto', started: 0, ends: 400_000, done: 600 } };
    expect(progress(back, clock, 200)).toBeCloseTo(0.8);
    expect([barOf(back, clock, 0), barOf(back, clock, 200), barOf(back, clock, 400)]).toEqual([400, 200, 0]);
  });

  it('one that is held stands where the hand has it', () => {
    const held: Running = { ...mix, progress: { kind: 'hand', done: 370 } };
    expect(progress(held, new EventClock(), 5_000)).toBe(0.37);
    expect([barOf(held, new EventClock(), 0), barOf(null, new EventClock(), 0)]).toEqual([370, 0]);
  });

  it('a take turns back what runs, lets go of what is held, and goes on to what is new on preview', () => {
    const auto: Running = { ...mix, progress: { kind: 'auto', started: 0, ends: 1, done: 0 } };
    const held: Running = { ...mix, progress: { kind: 'hand', done: 1 } };
    expect([takeMeans(null, false), takeMeans(auto, true), takeMeans(auto, false), takeMeans(held, true)]).toEqual(['begin', 'back', 'next', 'release']);
  });
});

describe('the backoff', () => {
  it('doubles, with jitter below, and stays under its cap for ever', () => {
    expect(backoffMs(1, 1)).toBe(400);
    expect(backoffMs(1, 0)).toBe(200);
    expect(backoffMs(3, 1)).toBe(1600);
    expect(backoffMs(1_000_000, 1)).toBe(LONGEST_MS);
  });
});
