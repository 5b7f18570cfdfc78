import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { outgoing, sent } from '../src/lib/sending';
import { withStartBitrate } from '../src/lib/whip-http';
import { Insecure, WhipPublisher } from '../src/lib/whip.svelte';

/** A peer connection that gathers and connects when it is told to; both at once by default. */
class FakePeer extends EventTarget {
  static all: FakePeer[] = [];
  static gathers = true;
  static connects = true;
  connectionState = 'new';
  iceGatheringState = 'new';
  localDescription: { sdp: string } | null = null;
  closed = false;
  onconnectionstatechange: (() => void) | null = null;
  sender = {
    track: { kind: 'video' },
    getParameters: () => ({ encodings: [{}] }),
    setParameters: vi.fn(() => Promise.resolve()),
    replaceTrack: vi.fn(() => Promise.resolve()),
  };
  setCodecPreferences = vi.fn();
  addTransceiver = vi.fn(() => ({ sender: this.sender, setCodecPreferences: this.setCodecPreferences }));
  constructor(readonly configuration: RTCConfiguration) {
    super();
    FakePeer.all.push(this);
  }
  createOffer = () => Promise.resolve({ sdp: 'v=0' });
  setLocalDescription() {
    this.localDescription = { sdp: 'v=0' };
    if (FakePeer.gathers) {
      this.iceGatheringState = 'complete';
      this.localDescription = { sdp: 'v=0 with candidates' };
    }
    return Promise.resolve();
  }
  setRemoteDescription() {
    if (FakePeer.connects) this.become('connected');
    return Promise.resolve();
  }
  become(state: string) {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }
  getSenders = () => [this.sender];
  getStats = () => Promise.resolve(new Map());
  close() {
    this.closed = true;
  }
}

/** A server that grants sessions; `refuse` is the status it answers instead, by method. */
class FakeServer {
  requests: string[] = [];
  offers: unknown[] = [];
  sessions = 0;
  refuse: Record<string, number> = {};
  link: string | null = null;
  fetch = (url: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? 'GET';
    const path = new URL(url).pathname;
    expect(new Headers(init.headers).get('Authorization')).toBe('Bearer the-key');
    this.requests.push(`${method} ${path}`);
    if (method === 'POST') this.offers.push(init.body);
    const status = this.refuse[method];
    if (status === 0) return Promise.reject(new TypeError('network'));
    if (status !== undefined) return Promise.resolve(new Response('{"message":"no"}', { status }));
    if (method !== 'POST') return Promise.resolve(new Response(null, { status: 200 }));
    this.sessions += 1;
    const headers = new Headers({ Location: `${path}/s${this.sessions}` });
    if (this.link !== null) headers.set('Link', this.link);
    return Promise.resolve(new Response('v=0', { status: 201, headers }));
  };
  count = (method: string) => this.requests.filter((request) => request.startsWith(method)).length;
}

const peer = () => {
  const last = FakePeer.all.at(-1);
  if (last === undefined) throw new Error('nobody has connected');
  return last;
};
const after = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a publisher', () => {
  let server: FakeServer;
  let publisher: WhipPublisher;
  let source: () => Promise<MediaStream>;
  let isTaken: boolean;
  beforeEach(() => {
    vi.useFakeTimers();
    FakePeer.all = [];
    FakePeer.gathers = FakePeer.connects = true;
    server = new FakeServer();
    isTaken = false;
    vi.stubGlobal('RTCPeerConnection', FakePeer);
    vi.stubGlobal('RTCRtpSender', { getCapabilities: () => ({ codecs: [{ mimeType: 'video/VP8' }, { mimeType: 'video/H264' }] }) });
    vi.stubGlobal('fetch', server.fetch);
    vi.stubGlobal('location', { href: 'https://regia.test/city/roma' });
    const tracks = [{ kind: 'video', contentHint: '' }, { kind: 'audio' }];
    source = () => Promise.resolve({ getTracks: () => tracks } as unknown as MediaStream);
    publisher = new WhipPublisher({
      seat: { contribution: 'roma', key: 'the-key' },
      source: () => source(),
      isTaken: () => isTaken,
      random: () => 1,
    });
  });
  afterEach(() => {
    publisher.stop();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('asks for devices, then goes live with H.264 first, and says goodbye', async () => {
    publisher.goLive();
    expect(publisher.state.is).toBe('asking');
    await after(1);
    expect(publisher.state.is).toBe('live');
    expect(peer().setCodecPreferences).toHaveBeenCalledWith([{ mimeType: 'video/H264' }, { mimeType: 'video/VP8' }]);
    expect(peer().addTransceiver).toHaveBeenCalledTimes(2);
    expect(server.offers).toEqual(['v=0 with candidates']);
    publisher.stop();
    expect(publisher.state.is).toBe('idle');
    expect(peer().closed).toBe(true);
    expect(server.requests).toEqual(['POST /whip/roma', 'DELETE /whip/roma/s1']);
  });

  it('an offer waits for candidates, but not for ever', async () => {
    FakePeer.gathers = false;
    publisher.goLive();
    await after(900);
    expect(server.requests).toEqual([]);
    await after(200);
    expect(publisher.state.is).toBe('live');
  });

  it('a wrong key, an unknown city and a missing codec are final', async () => {
    for (const [status, fault] of [[401, 'wrong-key'], [404, 'unknown-city'], [422, 'no-codec']] as const) {
      server.refuse['POST'] = status;
      publisher.goLive();
      await after(60_000);
      expect(publisher.state).toEqual({ is: 'failed', fault, reason: 'no' });
    }
    expect(server.count('POST')).toBe(3);
  });

  it('devices that are refused or missing are said, each by its own name', async () => {
    for (const [error, fault] of [
      [new DOMException('no', 'NotAllowedError'), 'denied'],
      [new DOMException('no', 'NotFoundError'), 'no-device'],
      [new DOMException('no', 'NotReadableError'), 'busy'],
      [new Insecure('no'), 'insecure'],
      [new Error('no'), 'other'],
    ] as const) {
      source = () => Promise.reject(error);
      publisher.goLive();
      await after(1);
      expect(publisher.state).toEqual({ is: 'failed', fault, reason: 'no' });
    }
    expect(server.requests).toEqual([]);
  });

  it('a server that is away is tried for ever, with waits that grow to a cap', async () => {
    server.refuse['POST'] = 0;
    publisher.goLive();
    await after(60_000);
    expect(publisher.state.is).toBe('retrying');
    expect(server.count('POST')).toBeGreaterThan(8);
    expect(server.count('POST')).toBeLessThan(14);
    delete server.refuse['POST'];
    await after(9000);
    expect(publisher.state.is).toBe('live');
  });

  it('a short interruption is ridden out, a long one is a new session', async () => {
    publisher.goLive();
    await after(1);
    peer().become('disconnected');
    await after(2000);
    peer().become('connected');
    await after(5000);
    expect(server.count('POST')).toBe(1);
    peer().become('disconnected');
    await after(3100);
    expect(publisher.state).toMatchObject({ is: 'retrying', attempt: 1 });
    await after(500);
    expect(publisher.state.is).toBe('live');
    expect(server.requests).toEqual(['POST /whip/roma', 'DELETE /whip/roma/s1', 'POST /whip/roma']);
  });

  it('who was replaced by another device with the same key does not push back', async () => {
    publisher.goLive();
    await after(1);
    isTaken = true;
    server.refuse['DELETE'] = 404;
    peer().become('failed');
    await after(60_000);
    expect(publisher.state).toMatchObject({ is: 'failed', fault: 'taken' });
    expect(server.count('POST')).toBe(1);
  });

  it('a session that the server forgot is asked for again when nobody else sits there', async () => {
    publisher.goLive();
    await after(1);
    server.refuse['DELETE'] = 404;
    publisher.forgotten();
    await after(500);
    expect(publisher.state.is).toBe('live');
    expect(server.count('POST')).toBe(2);
  });

  it('a connection that does not come is tried again through the servers that were named', async () => {
    FakePeer.connects = false;
    server.link = '<turn:turn.test>; rel="ice-server"; username="u"; credential="c"';
    publisher.goLive();
    await after(7900);
    expect(publisher.state.is).toBe('connecting');
    FakePeer.connects = true;
    await after(600);
    expect(publisher.state.is).toBe('live');
    expect(peer().configuration.iceServers).toEqual([{ urls: 'turn:turn.test', username: 'u', credential: 'c' }]);
  });

  it('a grant that comes after the goodbye is given back', async () => {
    publisher.goLive();
    await vi.waitUntil(() => server.count('POST') === 1);
    publisher.stop();
    await after(10);
    expect(publisher.state.is).toBe('idle');
    expect(server.requests).toEqual(['POST /whip/roma', 'DELETE /whip/roma/s1']);
  });

  it('another camera is sent on the same connection', async () => {
    publisher.goLive();
    await after(1);
    const track = { kind: 'video' } as MediaStreamTrack;
    await publisher.replace(track);
    expect(peer().sender.replaceTrack).toHaveBeenCalledWith(track);
    expect(server.count('POST')).toBe(1);
  });
});

describe('figures of what goes out', () => {
  const report = (frames: number, packets: number, lost: number, bytes: number) => [
    { type: 'outbound-rtp', kind: 'video', framesEncoded: frames, packetsSent: packets, bytesSent: bytes, frameWidth: 1280, frameHeight: 720 },
    { type: 'outbound-rtp', kind: 'audio', bytesSent: bytes / 10 },
    { type: 'remote-inbound-rtp', kind: 'video', packetsLost: lost },
    { type: 'candidate-pair', nominated: true, availableOutgoingBitrate: 3_000_000 },
  ];

  it('come from two reports', () => {
    const [before, now] = [sent(report(30, 100, 0, 100_000), 0), sent(report(60, 300, 4, 350_000), 1000)];
    expect(outgoing(before, now)).toEqual({ width: 1280, height: 720, fps: 30, kbps: 2200, loss: 2, availableKbps: 3000 });
    expect(outgoing(before, { ...now, at: 100 })).toBeNull();
  });
});

describe('an answer', () => {
  it('names a bitrate to begin with, for H.264 alone', () => {
    const sdp = (more: string) =>
      `a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1${more}\r\n`;
    expect(withStartBitrate(sdp(''), 1500)).toBe(sdp(';x-google-start-bitrate=1500'));
    expect(withStartBitrate('v=0', 1500)).toBe('v=0');
  });
});
