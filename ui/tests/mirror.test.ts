import { beforeEach, describe, expect, it } from 'vitest';
import { Mirror } from '../src/lib/mirror.svelte';
import type { ServerMessage, View } from '../src/lib/protocol';
import { full, view } from './show';

const hello = (time_us = 0): ServerMessage => ({ type: 'hello', actor: 'viewer', name: '', roles: ['viewer'], version: '0', time_us });
const snapshot = (number: number, show: View): ServerMessage => ({ type: 'snapshot', number, time_us: 0, show });
const beat = (number: number, viewers = {}): ServerMessage => ({ type: 'beat', number, time_us: 0, viewers });
const events = (number: number, changes: Partial<View>, first = number): ServerMessage => ({
  type: 'events',
  first,
  number,
  time_us: 0,
  events: [{ number, actor: 'operator:Anna', event: { event: 'undone', turn: 1 } }],
  changes,
});

describe('the mirror', () => {
  let mirror: Mirror;
  beforeEach(() => {
    mirror = new Mirror();
    mirror.take(hello(), 0);
    mirror.take(snapshot(5, view()), 0);
  });

  it('puts what changed in the place of what was', () => {
    expect(mirror.take(events(6, { revision: 2, program: full('slate') }), 0)).toBe('ok');
    expect(mirror.view).toEqual(view({ revision: 2, program: full('slate') }));
    expect(mirror.recent.map((entry) => entry.number)).toEqual([6]);
  });

  it('a call with several events is one step', () => {
    expect(mirror.take(events(8, { revision: 8 }, 6), 0)).toBe('ok');
    expect(mirror.take(events(9, { revision: 9 }), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(9);
  });

  it('after a gap nothing is put together until a snapshot comes', () => {
    expect(mirror.take(events(8, { revision: 8, title: 'A metà' }), 0)).toBe('missed');
    expect(mirror.take(events(9, { revision: 9 }), 0)).toBe('missed');
    expect(mirror.view).toEqual(view());
    mirror.take(snapshot(9, view({ revision: 9 })), 0);
    expect(mirror.take(events(10, { revision: 10 }), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(10);
  });

  it('an event that the snapshot already holds changes nothing', () => {
    expect(mirror.take(events(5, { revision: 99 }), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(1);
    expect(mirror.recent).toEqual([]);
  });

  it('a beat tells of an event that never came', () => {
    expect(mirror.take(beat(5), 0)).toBe('ok');
    expect(mirror.take(beat(6), 0)).toBe('missed');
  });

  it('what comes between a hello and its snapshot is left to the snapshot', () => {
    mirror.take(hello(), 0);
    expect(mirror.view).not.toBeNull();
    expect(mirror.take(events(6, { revision: 50 }), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(1);
    mirror.take(snapshot(7, view({ revision: 7, title: 'Nuova' })), 0);
    expect(mirror.view?.title).toBe('Nuova');
    expect(mirror.take(events(8, { revision: 8 }), 0)).toBe('ok');
    expect(mirror.view?.revision).toBe(8);
  });

  it('another evening on the same server has numbers of its own, and entries stay apart', () => {
    mirror.take(events(6, { revision: 6 }), 0);
    mirror.take(hello(), 0);
    mirror.take(snapshot(5, view()), 0);
    mirror.take(events(6, { revision: 6 }), 0);
    expect(mirror.recent.map((entry) => entry.id)).toEqual([2, 1]);
  });

  it('the audience is the sum over channels', () => {
    mirror.take(beat(5, { program: 3, roma: 1 }), 0);
    expect(mirror.audience).toBe(4);
  });

  it('what is kept of the past is bounded, newest first', () => {
    for (let number = 6; number < 1000; number++) mirror.take(events(number, {}), 0);
    expect(mirror.recent.length).toBe(200);
    expect(mirror.recent[0]?.number).toBe(999);
  });
});
