import { describe, expect, it } from 'vitest';
import { idOf } from '../src/lib/id';
import { leaseOf, may, needsLease } from '../src/lib/may';
import { isUnread } from '../src/lib/messages';
import { nameOfParty } from '../src/lib/names';
import { it as words } from '../src/i18n/it';
import type { Audience, Message } from '../src/lib/protocol';
import { countdown, signed } from '../src/lib/format';
import { cohost, view } from './show';

describe('names and identifiers', () => {
  it('an identifier is made of a name', () => {
    expect(idOf('Reggio Calabria', [])).toBe('reggio-calabria');
    expect(idOf('L’Aquila è qui!', [])).toBe('l-aquila-e-qui');
    expect(idOf('Roma', ['roma', 'roma-2'])).toBe('roma-3');
    expect(idOf('???', [])).toBe('');
  });

  it('everybody has a name for people', () => {
    const name = (party: string) => nameOfParty(party, view({ cohosts: [cohost('luca', { state: 'holding', since: 0 })] }), words.messages);
    expect(['operator:Anna', 'city:roma', 'cohost:luca', 'director', 'all', 'house', 'operator:A:B'].map(name)).toEqual([
      'Anna',
      'Roma',
      'Luca',
      'Regia',
      'Tutti',
      'Sistema',
      'A:B',
    ]);
  });
});

describe('who may ask', () => {
  it('each role has its own, the director all', () => {
    expect(may(['director'], 'cut') && may(['director'], 'set_strip')).toBe(true);
    expect([may(['sound'], 'set_strip'), may(['sound'], 'cut'), may(['graphics'], 'set_keyer')]).toEqual([true, false, true]);
    expect([may(['city'], 'acknowledge_cue'), may(['cohost'], 'acknowledge_cue'), may(['viewer'], 'send_message')]).toEqual([true, false, false]);
  });

  it('the lease is free, mine or somebody else’s', () => {
    const held = { lease: { holder: 'operator:Anna', since: 0, link: { state: 'up' } }, ends: null, asked: [] } as const;
    expect([leaseOf(held, 'operator:Anna'), leaseOf(held, 'operator:Bea'), leaseOf({ ...held, lease: null }, 'operator:Bea')]).toEqual([
      'mine',
      'other',
      'free',
    ]);
    expect(needsLease('cut') && !needsLease('add_scene')).toBe(true);
  });
});

describe('unread messages', () => {
  const message = (from: string, to: Audience, read_by: string[] = []): Message => ({ id: 1, from, to, text: '', sent: 0, read_by });

  it('the control room reads what came in, once for all of it', () => {
    expect(isUnread(message('city:roma', 'director'), 'operator:Anna')).toBe(true);
    expect(isUnread(message('city:roma', 'director', ['operator:Bea']), 'operator:Anna')).toBe(false);
    expect(isUnread(message('operator:Bea', 'all'), 'operator:Anna')).toBe(false);
  });

  it('a city reads what was written to it', () => {
    expect(isUnread(message('operator:Anna', 'all'), 'city:roma')).toBe(true);
    expect(isUnread(message('operator:Anna', 'all', ['city:roma']), 'city:roma')).toBe(false);
    expect(isUnread(message('city:roma', 'director'), 'city:roma')).toBe(false);
  });
});

describe('countdowns', () => {
  it('count what is left, rounded up, with the sign of the wait', () => {
    expect([countdown(35_000), countdown(34_001), countdown(0), countdown(725_000)]).toEqual(['0:35', '0:35', '0:00', '12:05']);
    expect([signed(-35_000), signed(12_000), signed(0)]).toEqual(['−0:35', '+0:12', '0:00']);
  });
});
