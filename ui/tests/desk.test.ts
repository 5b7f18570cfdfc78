import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { strip } from './show';
import { CONFIRM_MS, Desk } from '../src/lib/desk.svelte';

const answer = (status: number, body: unknown) => Promise.resolve(new Response(JSON.stringify(body), { status }));

describe('the desk', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('a control is asked until the mirror shows the revision', async () => {
    const desk = new Desk('chiave', () => answer(200, { revision: 8, events: [] }));
    desk.mirrored(7);
    await desk.ask({ type: 'cut' });
    expect(desk.asked('cut')).toBe(true);
    expect(desk.asked('take')).toBe(false);
    desk.mirrored(8);
    expect(desk.asked()).toBe(false);
    expect(desk.lastMs).not.toBeNull();
  });

  it('a command that changed nothing is confirmed by its answer', async () => {
    const desk = new Desk('chiave', () => answer(200, { revision: 7, events: [] }));
    desk.mirrored(7);
    await desk.ask({ type: 'set_preview', source: 'city:roma' });
    expect(desk.asked()).toBe(false);
  });

  it('the key and a fresh id go with every command', async () => {
    const post = vi.fn((_path: string, _init: RequestInit) => answer(200, { revision: 1 }));
    const desk = new Desk('chiave', post);
    desk.mirrored(1);
    await desk.ask({ type: 'take' });
    await desk.ask({ type: 'take' });
    const sent = post.mock.calls.map(([, init]) => JSON.parse(String(init.body)) as { id: string; command: unknown });
    expect(sent[0]?.command).toEqual({ type: 'take' });
    expect(sent[0]?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(sent[0]?.id).not.toBe(sent[1]?.id);
    expect(post.mock.calls[0]?.[1].headers).toMatchObject({ Authorization: 'Bearer chiave' });
  });

  it('a control that waits is not asked twice', async () => {
    const post = vi.fn(() => answer(200, { revision: 8 }));
    const desk = new Desk('chiave', post);
    await Promise.all([desk.ask({ type: 'cut' }), desk.ask({ type: 'cut' }), desk.ask({ type: 'set_preview', source: 'slate' })]);
    expect(post).toHaveBeenCalledTimes(2);
  });

  it('of a fader that is moved while its last place is on the way, the newest place follows', async () => {
    const sent: number[] = [];
    const desk = new Desk('chiave', (_, init) => {
      sent.push((JSON.parse(String(init?.body)) as { command: { strip: { fader_db: number } } }).command.strip.fader_db);
      return answer(200, { revision: sent.length });
    });
    const move = (fader_db: number) => desk.ask({ type: 'set_strip', of: 'city:roma', strip: { ...strip, fader_db } });
    const first = move(-1);
    await Promise.all([first, move(-2), move(-3)]);
    desk.mirrored(1);
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toEqual([-1, -3]);
  });

  it('tells how a command ended', async () => {
    const ended = (post: () => Promise<Response>) => new Desk('chiave', post).ask({ type: 'cut' });
    expect(await ended(() => answer(200, { revision: 1 }))).toBe('done');
    expect(await ended(() => answer(403, { code: 'forbidden', message: 'no' }))).toBe('refused');
    expect(await ended(() => Promise.reject(new TypeError('network')))).toBe('unknown');
  });

  it('a session needs no key: its cookie goes by itself', async () => {
    const post = vi.fn((_path: string, _init: RequestInit) => answer(200, { revision: 1 }));
    await new Desk(null, post).ask({ type: 'cut' });
    expect(post.mock.calls[0]?.[1].headers).toEqual({ 'Content-Type': 'application/json' });
  });

  it('commands arrive in the order in which they were asked', async () => {
    const answers: ((response: Response) => void)[] = [];
    const post = vi.fn(() => new Promise<Response>((resolve) => answers.push(resolve)));
    const desk = new Desk('chiave', post);
    void desk.ask({ type: 'set_preview', source: 'city:roma' });
    const cut = desk.ask({ type: 'cut' });
    await vi.advanceTimersByTimeAsync(100);
    expect(post).toHaveBeenCalledTimes(1);
    for (const n of [0, 1]) {
      answers[n]?.(new Response('{"revision":8}'));
      await vi.advanceTimersByTimeAsync(0);
    }
    await cut;
    expect(post).toHaveBeenCalledTimes(2);
  });

  it('a command that waited too long behind another is never sent', async () => {
    const post = vi.fn(() => new Promise<Response>((_, reject) => setTimeout(() => reject(new Error('late')), CONFIRM_MS + 1)));
    const desk = new Desk('chiave', post);
    void desk.ask({ type: 'set_preview', source: 'city:roma' });
    void desk.ask({ type: 'cut' });
    await vi.advanceTimersByTimeAsync(2 * CONFIRM_MS);
    expect(post).toHaveBeenCalledTimes(1);
    expect(desk.problems.map(({ is }) => is)).toEqual(['unconfirmed', 'unconfirmed']);
  });

  it('a rejection is shown in the show’s own words, and goes', async () => {
    const desk = new Desk('chiave', () => answer(409, { code: 'transition-running', message: 'a transition is running' }));
    await desk.ask({ type: 'take' });
    expect(desk.asked()).toBe(false);
    expect(desk.problems[0]).toMatchObject({ is: 'rejected', code: 'transition-running', message: 'a transition is running' });
    vi.advanceTimersByTime(10_000);
    expect(desk.problems).toEqual([]);
  });

  it('an answer that is no JSON is told by its status', async () => {
    const desk = new Desk('chiave', () => Promise.resolve(new Response('<html>', { status: 502, statusText: 'Bad Gateway' })));
    await desk.ask({ type: 'take' });
    expect(desk.problems[0]).toMatchObject({ is: 'rejected', code: 'http-502', message: 'HTTP 502 Bad Gateway' });
  });

  it('a command that failed on its way is asked once more, by the same id', async () => {
    const bodies: unknown[] = [];
    const desk = new Desk('chiave', (_, init) => {
      bodies.push(init?.body);
      return bodies.length === 1 ? Promise.reject(new TypeError('network')) : answer(200, { revision: 9 });
    });
    await desk.ask({ type: 'take' });
    expect(bodies).toHaveLength(2);
    expect(bodies[1]).toBe(bodies[0]);
    desk.mirrored(9);
    expect(desk.asked()).toBe(false);
    expect(desk.problems).toEqual([]);
  });

  it('what cannot be known is said: a command may have reached a server that does not answer', async () => {
    const desk = new Desk('chiave', () => Promise.reject(new TypeError('network')));
    await desk.ask({ type: 'take' });
    expect(desk.problems[0]?.is).toBe('unconfirmed');
  });

  it('nothing is asked for longer than three seconds', async () => {
    const desk = new Desk('chiave', () => answer(200, { revision: 9 }));
    await desk.ask({ type: 'cut' });
    vi.advanceTimersByTime(CONFIRM_MS - 1);
    expect(desk.asked('cut')).toBe(true);
    vi.advanceTimersByTime(1);
    expect(desk.asked('cut')).toBe(false);
    expect(desk.problems[0]?.is).toBe('unconfirmed');
  });
});
