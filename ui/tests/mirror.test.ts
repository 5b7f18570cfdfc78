import { beforeEach, describe, expect, it } from 'vitest';
import { Mirror } from '../src/lib/mirror.svelte';
import type { ServerMessage, View } from '../src/lib/protocol';
import { full, view } from './show';

const hello = (time_us = 0): ServerMessage => ({ type: 'hello', role: 'viewer', version: '0', time_us });
const snapshot = (number: number, show: View): ServerMessage => ({ type: 'snapshot', number, time_us: 0, show });
const beat = (number: number, viewers = {}): ServerMessage => ({ type: 'beat', number, time_us: 0, viewers });
const event = (number: number, show: View): ServerMessage => ({
  type: 'event',
  number,
  time_us: 0,
  event: { event: 'program_changed', picture: show.program, transition: { kind: 'cut' } },
  show,
});

describe('the mirror', () => {
  let mirror: Mirror;
  beforeEach(() => {
    mirror = new Mirror();
    mirror.take(hello(), 0);
    mirror.take(snapshot(5, view()), 0);
  });

  it('shows what the newest event carries', () => {
    const next = view({ revision: 2, program: full('slate') });
    expect(mirror.take(event(6, next), 0)).toBe('ok');
    expect(mirror.view).toEqual(next);
    expect(mirror.recent.map((entry) => entry.id)).toEqual([1]);
  });

  it('a skipped number is missed, and the newer show counts all the same', () => {
    const next = view({ revision: 4 });
    expect(mirror.take(event(8, next), 0)).toBe('missed');
    expect(mirror.view?.revision).toBe(4);
    expect(mirror.take(event(9, view({ revision: 5 })), 0)).toBe('ok');
  });

  it('an event that the snapshot already holds changes nothing', () => {
    expect(mirror.take(event(5, view({ revision: 99 })), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(1);
    expect(mirror.recent).toEqual([]);
  });

  it('a beat tells of an event that never came', () => {
    expect(mirror.take(beat(5), 0)).toBe('ok');
    expect(mirror.take(beat(6), 0)).toBe('missed');
  });

  it('a server that started again is followed from its own numbers', () => {
    mirror.take(hello(), 0);
    expect(mirror.view).not.toBeNull();
    expect(mirror.take(event(3, view({ revision: 50 })), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(1);
    mirror.take(snapshot(2, view({ revision: 1, title: 'Nuova' })), 0);
    expect(mirror.view?.title).toBe('Nuova');
    expect(mirror.take(event(3, view({ revision: 2 })), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(2);
  });

  it('the audience is the sum over channels', () => {
    mirror.take(beat(5, { program: 3, roma: 1 }), 0);
    expect(mirror.audience).toBe(4);
  });

  it('what is kept of the past is bounded', () => {
    for (let number = 6; number < 1000; number++) mirror.take(event(number, view()), 0);
    expect(mirror.recent.length).toBe(200);
    expect(mirror.recent[0]?.id).toBe(994);
  });

  it('what happened before the server started again stays apart from what happens after', () => {
    mirror.take(event(6, view()), 40_000);
    mirror.take(hello(), 50_000);
    mirror.take(snapshot(5, view()), 50_000);
    mirror.take(event(6, view()), 60_000);
    expect(mirror.recent.map((entry) => entry.id)).toEqual([2, 1]);
  });
});
