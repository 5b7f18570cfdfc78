import { describe, expect, it } from 'vitest';
import { eveningOf, hourOf, instantOf, lengthOf, secondsOf } from '../src/lib/zone';

const at = (text: string): number => Date.parse(text);

describe('hours on walls', () => {
  it('an hour is the nearest instant at which walls show it', () => {
    const near = at('2026-01-26T20:00:00Z');
    expect(instantOf('21:14', 'Europe/Rome', near)).toBe(at('2026-01-26T20:14:00Z'));
    expect(instantOf('21:14:08', 'Europe/London', near)).toBe(at('2026-01-26T21:14:08Z'));
    expect(instantOf('00:30', 'Europe/Rome', at('2026-01-26T22:50:00Z'))).toBe(at('2026-01-26T23:30:00Z'));
    expect(instantOf('23:50', 'Europe/Rome', at('2026-01-26T23:20:00Z'))).toBe(at('2026-01-26T22:50:00Z'));
  });

  it('an hour that is planned in the morning is that of the evening to come', () => {
    const plan = (hour: string, now: string) => instantOf(hour, 'Europe/Rome', eveningOf('Europe/Rome', at(now)));
    expect(plan('21:30', '2026-07-01T07:00:00Z')).toBe(at('2026-07-01T19:30:00Z'));
    expect(plan('00:30', '2026-07-01T07:00:00Z')).toBe(at('2026-07-01T22:30:00Z'));
    expect(plan('21:30', '2026-07-01T22:30:00Z')).toBe(at('2026-07-01T19:30:00Z'));
  });

  it('what is read is what was typed', () => {
    const instant = instantOf('21:14:08', 'Europe/Rome', at('2026-07-01T12:00:00Z'));
    expect(instant).toBe(at('2026-07-01T19:14:08Z'));
    expect(hourOf(instant ?? 0, 'Europe/Rome')).toBe('21:14:08');
  });

  it('an hour on the day on which clocks change is right on both sides', () => {
    expect(instantOf('01:30', 'Europe/Rome', at('2026-03-29T00:00:00Z'))).toBe(at('2026-03-29T00:30:00Z'));
    expect(instantOf('03:30', 'Europe/Rome', at('2026-03-29T00:00:00Z'))).toBe(at('2026-03-29T01:30:00Z'));
  });

  it('what is no hour is none', () => {
    for (const text of ['', '25:00', '21:60', '21', 'sera']) expect(instantOf(text, 'Europe/Rome', 0)).toBeNull();
  });
});

describe('lengths', () => {
  it('are typed as people say them', () => {
    expect([secondsOf('4:30'), secondsOf('90'), secondsOf('1:02:03')]).toEqual([270, 90, 3723]);
    expect([secondsOf('x'), secondsOf('1:2:3:4'), secondsOf('')]).toEqual([null, null, null]);
    expect([lengthOf(270), lengthOf(3723)]).toEqual(['4:30', '1:02:03']);
  });
});
