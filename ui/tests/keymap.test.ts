import { describe, expect, it } from 'vitest';
import { type Key, consoleAction, watchAction } from '../src/lib/keymap';

const key = (code: string, more: Partial<Key> = {}): Key => ({
  code,
  key: '',
  shiftKey: false,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  repeat: false,
  ...more,
});

describe('the console’s keys', () => {
  it('a digit previews its tile', () => {
    expect(consoleAction(key('Digit1'), 'page')).toEqual({ do: 'preview', tile: 0 });
    expect(consoleAction(key('Numpad8'), 'page')).toEqual({ do: 'preview', tile: 7 });
  });

  it('zero is the slate, and nine is nobody', () => {
    expect(consoleAction(key('Digit0'), 'page')).toEqual({ do: 'preview', tile: 'slate' });
    expect(consoleAction(key('Digit9'), 'page')).toBeNull();
  });

  it('shift and a digit cut straight, also where shift+1 writes an exclamation mark', () => {
    expect(consoleAction(key('Digit1', { key: '!', shiftKey: true }), 'page')).toEqual({ do: 'cut_to', tile: 0 });
  });

  it('space cuts and enter takes', () => {
    expect(consoleAction(key('Space'), 'page')).toEqual({ do: 'cut' });
    expect(consoleAction(key('Enter'), 'page')).toEqual({ do: 'take' });
    expect(consoleAction(key('NumpadEnter'), 'page')).toEqual({ do: 'take' });
  });

  it('a question mark helps, wherever the layout has it', () => {
    expect(consoleAction(key('Minus', { key: '?', shiftKey: true }), 'page')).toEqual({ do: 'help' });
  });

  it('the row below the digits switches the keyers', () => {
    expect(['KeyQ', 'KeyW', 'KeyE', 'KeyR'].map((code) => consoleAction(key(code), 'control'))).toEqual([1, 2, 3, 4].map((keyer) => ({ do: 'keyer', keyer })));
  });

  it('black takes two fingers', () => {
    expect(consoleAction(key('KeyB'), 'page')).toBeNull();
    expect(consoleAction(key('KeyB', { shiftKey: true }), 'page')).toEqual({ do: 'black' });
  });

  it('no two actions share a key', () => {
    const codes = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => `Key${letter}`);
    const asked = codes.flatMap((code) => [consoleAction(key(code), 'page'), consoleAction(key(code, { shiftKey: true }), 'page')]).filter((action) => action !== null);
    expect(new Set(asked.map((action) => JSON.stringify(action))).size).toBe(asked.length);
  });

  it('a held key acts once', () => {
    expect(consoleAction(key('Space', { repeat: true }), 'page')).toBeNull();
  });

  it('keys with modifiers belong to the browser', () => {
    for (const modifier of ['ctrlKey', 'altKey', 'metaKey']) {
      expect(consoleAction(key('Digit1', { [modifier]: true }), 'page')).toBeNull();
    }
  });

  it('no key acts while somebody types', () => {
    for (const code of ['Digit1', 'Space', 'Enter']) expect(consoleAction(key(code), 'field')).toBeNull();
    expect(consoleAction(key('Minus', { key: '?' }), 'field')).toBeNull();
    for (const code of ['KeyQ', 'KeyT', 'KeyC']) expect(consoleAction(key(code), 'field')).toBeNull();
  });

  it('space and enter press the button that was reached by keyboard, and digits stay the console’s', () => {
    expect(consoleAction(key('Space'), 'control')).toBeNull();
    expect(consoleAction(key('Enter'), 'control')).toBeNull();
    expect(consoleAction(key('Digit2'), 'control')).toEqual({ do: 'preview', tile: 1 });
  });
});

describe('the watch page’s keys', () => {
  it('digits choose a channel, with program as zero', () => {
    expect(watchAction(key('Digit0'), 'page')).toEqual({ do: 'channel', tile: 0 });
    expect(watchAction(key('Digit3'), 'page')).toEqual({ do: 'channel', tile: 3 });
  });

  it('letters control the player', () => {
    expect(watchAction(key('KeyK'), 'page')).toEqual({ do: 'pause' });
    expect(watchAction(key('KeyM'), 'control')).toEqual({ do: 'sound' });
    expect(watchAction(key('KeyF'), 'page')).toEqual({ do: 'fullscreen' });
    expect(watchAction(key('Space'), 'control')).toBeNull();
  });
});
