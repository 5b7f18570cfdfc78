import { describe, expect, it } from 'vitest';
import { firstLanguage } from '../src/i18n/i18n.svelte';
import { nameOfPicture } from '../src/lib/picture';
import { parseMessage } from '../src/lib/protocol';
import { channelsOf } from '../src/watch/channels';
import { channelIn } from '../src/watch/choice.svelte';
import { city, full, view } from './show';

describe('the channels', () => {
  it('are program and then the cities in the show’s order', () => {
    expect(channelsOf(view()).map((channel) => [channel.id, channel.state])).toEqual([
      ['program', 'on-air'],
      ['lecce', 'live'],
      ['roma', 'live'],
      ['genova', 'on-air'],
    ]);
  });

  it('a lost city on air comes back soon, and so does program with it alone', () => {
    const cities = [city('genova', 'program', { state: 'lost', since: 1 })];
    expect(channelsOf(view({ cities })).map((channel) => channel.state)).toEqual(['back-soon', 'back-soon']);
  });

  it('a slate on air is nobody', () => {
    const [program] = channelsOf(view({ program: full('slate') }));
    expect(program).toMatchObject({ state: 'back-soon', onAir: [] });
  });

  it('names of pictures are names of cities', () => {
    const both = { boxes: [...full('city:roma').boxes, ...full('city:lecce').boxes] };
    const words = { slate: 'Cartello', black: 'Nero', bars: 'Barre', colour: 'Colore' };
    expect(nameOfPicture(both, view(), words)).toBe('Roma + Lecce');
    expect(nameOfPicture({ boxes: [] }, view(), words)).toBe('Nero');
    expect(nameOfPicture(full('city:atlantide'), view(), words)).toBe('atlantide');
  });
});

describe('the address', () => {
  it('names the channel, as a query or as a fragment', () => {
    expect(channelIn('?channel=roma', '')).toBe('roma');
    expect(channelIn('', '#roma')).toBe('roma');
    expect(channelIn('', '')).toBe('program');
  });

  it('names no channel that could not be one', () => {
    expect(channelIn('?channel=../x', '')).toBe('program');
    expect(channelIn('', '#key=secret')).toBe('program');
  });
});

describe('the language', () => {
  it('is the one chosen, else the first of the browser’s that is spoken, else English', () => {
    expect(firstLanguage('en', ['it-IT'])).toBe('en');
    expect(firstLanguage(null, ['de', 'it-CH', 'en'])).toBe('it');
    expect(firstLanguage('xx', ['fr'])).toBe('en');
  });
});

describe('a message', () => {
  it('of an unknown kind is passed over', () => {
    expect(parseMessage('{"type":"meters"}')).toBeNull();
    expect(parseMessage('[1]')).toBeNull();
    expect(parseMessage('null')).toBeNull();
    expect(parseMessage('nonsense')).toBeNull();
    expect(parseMessage('{"type":"beat"}')).toEqual({ type: 'beat' });
  });
});
