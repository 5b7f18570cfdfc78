import { expect, test } from 'vitest';
import { banner } from '../src/call/calling';
import { inOrder, ringing } from '../src/lib/calls';
import { columns } from '../src/lib/strips';
import { cohost, strip, view } from './show';

const since = 0;

test('who is on air comes first, then the queue in its order, then who calls', () => {
  const calls = [
    cohost('dora', { state: 'holding', since }),
    cohost('bea', { state: 'next', since }, 1),
    cohost('carla', { state: 'ringing', since }),
    cohost('ada', { state: 'next', since }, 0),
    cohost('elio', { state: 'on_air', since }),
  ];
  expect(inOrder(calls).map((call) => call.id)).toEqual(['elio', 'ada', 'bea', 'carla', 'dora']);
  expect(ringing(calls)).toBe(1);
});

test('a call page says what the server says, and nothing while the link is gone', () => {
  const live = { is: 'live', since } as const;
  const up = { is: 'up', actor: 'cohost:ada', name: null, roles: [], version: '' } as const;
  expect(banner(up, live, cohost('ada', { state: 'on_air', since }))).toEqual({ is: 'call', state: 'on_air' });
  expect(banner({ is: 'lost', since, retryAt: null }, live, cohost('ada', { state: 'on_air', since }))).toEqual({ is: 'lost' });
  expect(banner(up, { is: 'retrying', attempt: 1, reason: '' }, undefined)).toEqual({ is: 'retrying' });
});

test('the desk has a strip for every city, for whoever is on the line, and for what else sounds', () => {
  const cohosts = [cohost('ada', { state: 'on_air', since }), cohost('bea', { state: 'away', left_air: null })];
  const shown = columns(
    view({ cohosts, heard: ['cohost:ada'], strips: [{ id: 'music:sigla', name: 'Sigla', strip, tally: 'off' }] }),
  );
  expect(shown.map((column) => [column.id, column.heard])).toEqual([
    ['city:lecce', false],
    ['city:roma', false],
    ['city:genova', false],
    ['cohost:ada', true],
    ['music:sigla', false],
  ]);
});

test('a strip on which comes back what is sent there is marked', () => {
  const shown = columns(view({ alarms: [{ alarm: 'silence', mix: 'radio' }, { alarm: 'loop', strip: 'city:roma' }] }));
  expect(shown.filter((column) => column.loops).map((column) => column.id)).toEqual(['city:roma']);
});
