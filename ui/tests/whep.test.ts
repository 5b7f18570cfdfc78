import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WhepPlayer } from '../src/lib/whep.svelte';

/** A peer connection that connects at once and decodes frames while `flows`. */
class FakePeer {
  static all: FakePeer[] = [];
  connectionState = 'connected';
  closed = false;
  flows = true;
  frames = 0;
  ontrack: unknown = null;
  onconnectionstatechange: (() => void) | null = null;
  constructor() {
    FakePeer.all.push(this);
  }
  addTransceiver() {}
  getConfiguration = () => ({});
  setConfiguration = vi.fn();
  createOffer = () => Promise.resolve({ sdp: 'v=0' });
  setLocalDescription = () => Promise.resolve();
  setRemoteDescription = () => Promise.resolve();
  getStats() {
    if (this.flows) this.frames += 30;
    const video = { type: 'inbound-rtp', kind: 'video', framesDecoded: this.frames, packetsReceived: this.frames };
    return Promise.resolve(new Map([['video', video]]));
  }
  close() {
    this.closed = true;
  }
}

/** A server that grants sessions; `refuse` is the status it answers instead, by method or by method and path. */
class FakeServer {
  requests: string[] = [];
  sessions = 0;
  refuse: Record<string, number> = {};
  fetch = (url: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? 'GET';
    const path = new URL(url).pathname;
    this.requests.push(`${method} ${path}${method === 'PATCH' ? ` ${String(init.body)}` : ''}`);
    const status = this.refuse[`${method} ${path}`] ?? this.refuse[method];
    if (status === 0) return Promise.reject(new TypeError('network'));
    if (status !== undefined) return Promise.resolve(new Response('{"message":"no"}', { status }));
    if (method !== 'POST') return Promise.resolve(new Response(null, { status: method === 'PATCH' ? 204 : 200 }));
    this.sessions += 1;
    return Promise.resolve(new Response('v=0', { status: 201, headers: { Location: `${path}/s${this.sessions}` } }));
  };
  count = (method: string) => this.requests.filter((request) => request.startsWith(method)).length;
}

const peer = () => {
  const last = FakePeer.all.at(-1);
  if (last === undefined) throw new Error('nobody has connected');
  return last;
};
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a viewer', () => {
  let server: FakeServer;
  let player: WhepPlayer;
  beforeEach(() => {
    vi.useFakeTimers();
    FakePeer.all = [];
    server = new FakeServer();
    vi.stubGlobal('RTCPeerConnection', FakePeer);
    vi.stubGlobal('MediaStream', class {});
    vi.stubGlobal('fetch', server.fetch);
    vi.stubGlobal('location', { href: 'http://regia.test/' });
    vi.stubGlobal('document', { visibilityState: 'visible' });
    player = new WhepPlayer(null, () => 1);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('joins and plays with its first frame', async () => {
    player.play('program');
    expect(player.state.is).toBe('connecting');
    await after(150);
    expect(player.state.is).toBe('playing');
    expect(player.channel).toBe('program');
    expect(server.requests).toEqual(['POST /whep/program']);
  });

  it('moves to another channel on the same connection', async () => {
    player.play('program');
    await after(150);
    player.play('roma');
    await after(1);
    expect(server.requests.at(-1)).toBe('PATCH /whep/program/s1 {"channel":"roma"}');
    expect(player.channel).toBe('roma');
    expect(FakePeer.all.length).toBe(1);
  });

  it('a wish that changes on the way is followed up', async () => {
    player.play('program');
    player.play('roma');
    player.play('lecce');
    await after(150);
    expect(server.requests).toEqual(['POST /whep/program', 'PATCH /whep/program/s1 {"channel":"lecce"}']);
    expect(player.channel).toBe('lecce');
  });

  it('a session that the server forgot is asked for again, on the channel that is wanted', async () => {
    player.play('program');
    await after(150);
    server.refuse['PATCH'] = 404;
    player.play('roma');
    await after(1);
    expect(player.state).toMatchObject({ is: 'retrying', attempt: 1 });
    await after(600);
    expect(server.requests).toContain('POST /whep/roma');
    expect(player.state.is).toBe('playing');
    expect(FakePeer.all[0]?.closed).toBe(true);
  });

  it('frames that stop are a stall, and soon a new session', async () => {
    player.play('program');
    await after(1200);
    peer().flows = false;
    await after(4000);
    expect(player.state.is).toBe('stalled');
    peer().flows = true;
    await after(1100);
    expect(player.state.is).toBe('playing');
    peer().flows = false;
    await after(8000);
    expect(server.count('POST')).toBe(2);
    expect(player.state.is).toBe('playing');
  });

  it('a server that is away is tried for ever, with waits that grow to a cap', async () => {
    server.refuse['POST'] = 0;
    player.play('program');
    await after(60_000);
    expect(player.state.is).toBe('retrying');
    expect(server.count('POST')).toBeGreaterThan(8);
    expect(server.count('POST')).toBeLessThan(14);
    delete server.refuse['POST'];
    await after(9000);
    expect(player.state.is).toBe('playing');
  });

  it('a channel that does not exist is not asked for again until something changes', async () => {
    server.refuse['POST'] = 404;
    player.play('atlantide');
    await after(60_000);
    expect(player.state).toEqual({ is: 'failed', code: '', reason: 'no' });
    expect(server.count('POST')).toBe(1);
    delete server.refuse['POST'];
    player.play('program');
    await after(150);
    expect(player.state.is).toBe('playing');
  });

  it('a refused channel that is no longer wanted does not hinder the one that is', async () => {
    server.refuse['POST /whep/atlantide'] = 404;
    player.play('atlantide');
    player.play('program');
    await after(150);
    expect(server.requests).toEqual(['POST /whep/atlantide', 'POST /whep/program']);
    expect(player.state.is).toBe('playing');
    expect(player.channel).toBe('program');
  });

  it('a nudge runs a waiting try at once, and makes a silent session suspicious', async () => {
    player.play('program');
    await after(1200);
    peer().flows = false;
    player.nudge();
    await after(2600);
    expect(server.count('POST')).toBe(2);
  });

  it('frames from before a nudge do not clear a session that is silent since', async () => {
    player.play('program');
    await after(1700);
    peer().flows = false;
    peer().frames += 15;
    player.nudge();
    await after(3000);
    expect(server.count('POST')).toBe(2);
  });

  it('a failed connection is replaced', async () => {
    player.play('program');
    await after(150);
    peer().connectionState = 'failed';
    peer().onconnectionstatechange?.();
    expect(player.state.is).toBe('retrying');
    expect(server.requests.at(-1)).toBe('DELETE /whep/program/s1');
    await after(600);
    expect(player.state.is).toBe('playing');
  });

  it('a grant that comes after the goodbye is given back', async () => {
    player.play('program');
    player.stop();
    await after(10);
    expect(player.state.is).toBe('idle');
    expect(server.requests).toEqual(['POST /whep/program', 'DELETE /whep/program/s1']);
    expect(peer().closed).toBe(true);
  });

  it('a hidden page that decodes nothing is not given up while packets come', async () => {
    player.play('program');
    await after(1200);
    vi.stubGlobal('document', { visibilityState: 'hidden' });
    const one = peer();
    let packets = 1000;
    one.getStats = () => {
      packets += 100;
      const video = { type: 'inbound-rtp', kind: 'video', framesDecoded: one.frames, packetsReceived: packets };
      return Promise.resolve(new Map([['video', video]]));
    };
    await after(20_000);
    expect(player.state.is).toBe('playing');
    expect(server.count('POST')).toBe(1);
  });
});
