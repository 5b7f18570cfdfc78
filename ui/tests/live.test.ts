import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Live, SILENCE_MS } from '../src/lib/live.svelte';
import { CLOSE_WRONG_KEY } from '../src/lib/protocol';
import { view } from './show';

class FakeSocket {
  static all: FakeSocket[] = [];
  sent: unknown[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((frame: { data: unknown }) => void) | null = null;
  onclose: ((close: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify({ time_us: 0, ...message }) });
  }
  welcome() {
    this.onopen?.();
    this.say({ type: 'hello', actor: 'operator:Anna', name: 'Anna', roles: ['director'], version: '0.1.0' });
    this.say({ type: 'snapshot', number: 5, show: view() });
  }
}

const socket = () => {
  const last = FakeSocket.all.at(-1);
  if (last === undefined) throw new Error('nobody has connected');
  return last;
};

describe('the live link', () => {
  let live: Live;
  let stop: () => void;
  beforeEach(() => {
    vi.useFakeTimers();
    FakeSocket.all = [];
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal('window', new EventTarget());
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }));
    live = new Live({ key: 'chiave', url: 'ws://regia.test/api/v1/live', random: () => 1 });
    stop = live.start();
  });
  afterEach(() => {
    stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('says hello with the key, and is up when it is answered', () => {
    socket().welcome();
    expect(socket().sent).toEqual([{ type: 'hello', key: 'chiave', watch: false }]);
    expect(live.state).toEqual({ is: 'up', actor: 'operator:Anna', name: 'Anna', roles: ['director'], version: '0.1.0' });
    expect(live.show.view?.title).toBe('Prova');
  });

  it('three seconds of silence are a lost link', () => {
    socket().welcome();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    socket().say({ type: 'beat', number: 5, viewers: {} });
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(live.state.is).toBe('up');
    vi.advanceTimersByTime(1);
    expect(live.state.is).toBe('lost');
    expect(socket().closed).toBe(true);
  });

  it('a lost link comes back by itself', () => {
    socket().welcome();
    socket().onclose?.({ code: 1006 });
    expect(live.state).toMatchObject({ is: 'lost' });
    vi.advanceTimersByTime(400);
    expect(FakeSocket.all.length).toBe(2);
    expect(live.state).toMatchObject({ is: 'lost', retryAt: null });
    socket().welcome();
    expect(live.up).toBe(true);
    expect(live.connections).toBe(2);
  });

  it('it tries for ever, at most every eight seconds', () => {
    socket().onclose?.({ code: 1006 });
    for (let attempt = 0; attempt < 50; attempt++) {
      vi.advanceTimersByTime(8000);
      if (!socket().closed) socket().onclose?.({ code: 1006 });
    }
    expect(live.state.is).toBe('lost');
    expect(FakeSocket.all.length).toBeGreaterThan(48);
  });

  it('a browser that is online again tries at once', () => {
    socket().onclose?.({ code: 1006 });
    window.dispatchEvent(new Event('online'));
    expect(FakeSocket.all.length).toBe(2);
    vi.advanceTimersByTime(1000);
    expect(FakeSocket.all.length).toBe(2);
  });

  it('a missed number is asked for once, until the snapshot comes', () => {
    socket().welcome();
    const events = (number: number) => ({ type: 'events', first: number, number, events: [], changes: {} });
    socket().say(events(8));
    socket().say(events(11));
    expect(socket().sent.slice(1)).toEqual([{ type: 'resync' }]);
    socket().say({ type: 'snapshot', number: 11, show: view() });
    socket().say(events(14));
    expect(socket().sent.slice(1)).toEqual([{ type: 'resync' }, { type: 'resync' }]);
  });

  it('a wrong key is not tried again', () => {
    socket().onopen?.();
    socket().say({ type: 'error', code: 'wrong-key', message: 'this key is not known' });
    socket().onclose?.({ code: CLOSE_WRONG_KEY });
    expect(live.state).toEqual({ is: 'refused', code: 'wrong-key', message: 'this key is not known' });
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all.length).toBe(1);
  });
});
