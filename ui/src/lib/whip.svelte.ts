// One WHIP publisher: it sends one camera and one microphone to a city's seat and comes back by itself as long as somebody
// wants to be live. It owns the session, not the devices: a source brings the stream.
import { untrack } from 'svelte';
import { backoffMs } from './backoff';
import { type Outgoing, outgoing, type Sent, sent } from './sending';
import { SignallingError } from './whep-http';
import { leave, type Published, publish, type Seat, withStartBitrate } from './whip-http';

/** Why publishing ended for good: trying the same again can only fail again. */
export type Fault =
  /** The page is not from https, so the browser has no devices for it. */
  | 'insecure'
  /** The camera or the microphone was refused. */
  | 'denied'
  | 'no-device'
  /** Another program holds the device. */
  | 'busy'
  | 'wrong-key'
  | 'unknown-city'
  /** The browser does not encode H.264. */
  | 'no-codec'
  /** Another device with the same key took the seat. */
  | 'taken'
  | 'other';

/** How a publisher does. */
export type PublisherState =
  /** Nobody wants to be live. */
  | { readonly is: 'idle' }
  /** The browser asks for camera and microphone. */
  | { readonly is: 'asking' }
  | { readonly is: 'connecting' }
  | { readonly is: 'live'; readonly since: number }
  /** The session is gone; try number `attempt` follows by itself. */
  | { readonly is: 'retrying'; readonly attempt: number; readonly reason: string }
  | { readonly is: 'failed'; readonly fault: Fault; readonly reason: string };

/** What a publisher needs of its surroundings. */
export interface PublisherOptions {
  readonly seat: Seat;
  /** The stream to send, asked for anew with every try. */
  readonly source: () => Promise<MediaStream>;
  /** Whether somebody else is known to be live on the seat. */
  readonly isTaken?: () => boolean;
  readonly random?: () => number;
}

/** Highest bitrate of the picture, in bit/s, and frames per second: what the program is made of. */
const MAX_BITRATE = 2_500_000;
const MAX_FPS = 30;
/** What the congestion control begins with, in kbit/s; from there it goes by the network. */
const START_KBPS = 1500;
/** Longest wait for candidates before the offer leaves, in milliseconds: a slow STUN server must not hold up an evening. */
const GATHERING_MS = 1000;
/** The connection must stand within this time, in milliseconds. */
const CONNECT_MS = 8000;
/** An interruption for so long is the end of the session, in milliseconds. ICE mends shorter ones by itself. */
const INTERRUPTED_MS = 3000;
/** How often statistics are read, in milliseconds. */
const POLL_MS = 1000;
/** Live for so long proves that a session is good, so that the next trouble starts with a short wait again. */
const PROVEN_MS = 5000;

/** A publisher of one city. */
export class WhipPublisher {
  state = $state.raw<PublisherState>({ is: 'idle' });
  figures = $state.raw<Outgoing | null>(null);

  readonly #options: Required<PublisherOptions>;
  #pc: RTCPeerConnection | null = null;
  #session: Published | null = null;
  /** Names the newest try; whatever an older one brings is dropped. */
  #generation = 0;
  #attempt = 0;
  #last: Sent | null = null;
  /** TURN servers that the server named last time: a try that did not connect is repeated with them. */
  #iceServers: RTCIceServer[] = [];
  /** The one wait that goes on: for candidates, a connection, the end of an interruption or the next try. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;

  constructor(options: PublisherOptions) {
    this.#options = { isTaken: () => false, random: Math.random, ...options };
  }

  /** Whether somebody wants to be live. */
  get wanted(): boolean {
    return this.state.is !== 'idle' && this.state.is !== 'failed';
  }

  /** Goes live and stays so. */
  goLive(): void {
    if (untrack(() => this.wanted)) return;
    this.#attempt = 0;
    this.state = { is: 'asking' };
    void this.#connect();
  }

  /** Ends the session; nothing is wanted any more. */
  stop(): void {
    void this.#hangUp();
    this.state = { is: 'idle' };
  }

  /** Ends the session for a reason that does not pass by waiting. */
  fail(error: unknown): void {
    void this.#hangUp();
    this.state = { is: 'failed', fault: faultOf(error), reason: reasonOf(error) };
  }

  /** The network or the server came back: a waiting try runs now. */
  nudge(): void {
    if (untrack(() => this.state.is) === 'retrying') void this.#connect();
  }

  /** The server is known to have no session of this seat any more, so a new one is asked for at once. */
  forgotten(): void {
    if (untrack(() => this.state.is) === 'live') void this.#lost('the server started again');
  }

  /** Sends another camera or microphone from now on, without a new negotiation. */
  async replace(track: MediaStreamTrack): Promise<void> {
    const sender = this.#pc?.getSenders().find((sender) => sender.track?.kind === track.kind);
    await sender?.replaceTrack(track);
  }

  /** Keeps the publisher until the returned function is called, and says goodbye to the server when the page goes. */
  start(): () => void {
    const hide = () => void this.#hangUp();
    const show = (event: PageTransitionEvent) => {
      if (event.persisted && this.wanted) void this.#connect();
    };
    const online = () => this.nudge();
    window.addEventListener('pagehide', hide);
    window.addEventListener('pageshow', show);
    window.addEventListener('online', online);
    return () => {
      window.removeEventListener('pagehide', hide);
      window.removeEventListener('pageshow', show);
      window.removeEventListener('online', online);
      this.stop();
    };
  }

  async #connect(): Promise<void> {
    void this.#hangUp();
    const generation = this.#generation;
    const isOld = () => generation !== this.#generation;
    let stream: MediaStream;
    try {
      stream = await this.#options.source();
    } catch (error) {
      if (!isOld()) this.fail(error);
      return;
    }
    if (isOld()) return;
    if (this.state.is !== 'retrying') this.state = { is: 'connecting' };
    try {
      const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: this.#iceServers });
      this.#pc = pc;
      pc.onconnectionstatechange = () => this.#changed(pc);
      for (const track of stream.getTracks()) await send(pc, track, stream);
      await pc.setLocalDescription(await pc.createOffer());
      await gathered(pc);
      if (isOld()) return;
      const session = await publish(this.#options.seat, pc.localDescription?.sdp ?? '');
      // A grant that comes after the goodbye is given back.
      if (isOld()) return void leave(this.#options.seat, session);
      this.#session = session;
      this.#iceServers = session.iceServers;
      this.#timer = setTimeout(() => void this.#lost('no connection'), CONNECT_MS);
      await pc.setRemoteDescription({ type: 'answer', sdp: withStartBitrate(session.answer, START_KBPS) });
    } catch (error) {
      if (isOld()) return;
      if (isFinal(error)) this.fail(error);
      else void this.#lost(reasonOf(error));
    }
  }

  #changed(pc: RTCPeerConnection): void {
    if (pc !== this.#pc) return;
    switch (pc.connectionState) {
      case 'connected':
        clearTimeout(this.#timer);
        if (this.state.is === 'live') return;
        this.state = { is: 'live', since: performance.now() };
        this.#poll = setInterval(() => void this.#look(pc), POLL_MS);
        return;
      case 'disconnected':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => void this.#lost('interrupted'), INTERRUPTED_MS);
        return;
      case 'failed':
      case 'closed':
        void this.#lost('ICE failed');
    }
  }

  async #look(pc: RTCPeerConnection): Promise<void> {
    const report = await pc.getStats();
    if (pc !== this.#pc || this.state.is !== 'live') return;
    const now = sent(report.values(), performance.now());
    if (this.#last !== null) this.figures = outgoing(this.#last, now) ?? this.figures;
    this.#last = now;
    if (now.at - this.state.since > PROVEN_MS) this.#attempt = 0;
  }

  /** A session that ended by itself is asked for again, unless somebody else sits on the seat now. */
  async #lost(reason: string): Promise<void> {
    const goodbye = this.#hangUp();
    const generation = this.#generation;
    this.#attempt += 1;
    this.state = { is: 'retrying', attempt: this.#attempt, reason };
    this.#timer = setTimeout(() => void this.#connect(), backoffMs(this.#attempt, this.#options.random()));
    // Two devices with one key would otherwise push each other off the seat for ever.
    const known = await goodbye;
    if (generation === this.#generation && !known && this.#options.isTaken()) this.fail(new Taken());
  }

  /** Ends the session and whatever is on its way to one; tells whether the server still knew it. */
  #hangUp(): Promise<boolean> {
    this.#generation += 1;
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
    this.#last = null;
    this.figures = null;
    const [pc, session] = [this.#pc, this.#session];
    this.#pc = this.#session = null;
    pc?.close();
    return session === null ? Promise.resolve(true) : leave(this.#options.seat, session);
  }
}

/** Somebody else took the seat. */
class Taken extends Error {}

/** There are no devices for this page. */
export class Insecure extends Error {}

async function send(pc: RTCPeerConnection, track: MediaStreamTrack, stream: MediaStream): Promise<void> {
  if (track.kind !== 'video') {
    pc.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    return;
  }
  track.contentHint = 'motion';
  const sendEncodings = [{ maxBitrate: MAX_BITRATE, maxFramerate: MAX_FPS }];
  const transceiver = pc.addTransceiver(track, { direction: 'sendonly', streams: [stream], sendEncodings });
  const codecs = globalThis.RTCRtpSender?.getCapabilities?.('video')?.codecs ?? [];
  const isH264 = (codec: RTCRtpCodec) => codec.mimeType.toLowerCase() === 'video/h264';
  if (codecs.some(isH264) && 'setCodecPreferences' in transceiver) {
    transceiver.setCodecPreferences([...codecs.filter(isH264), ...codecs.filter((codec) => !isH264(codec))]);
  }
  // A wish, which not every browser knows.
  const parameters = { ...transceiver.sender.getParameters(), degradationPreference: 'maintain-framerate' as const };
  await transceiver.sender.setParameters(parameters).catch(() => undefined);
}

/** Waits for all candidates, not longer than the patience lasts. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const check = () => pc.iceGatheringState === 'complete' && done();
    const done = () => {
      clearTimeout(timer);
      pc.removeEventListener('icegatheringstatechange', check);
      resolve();
    };
    const timer = setTimeout(done, GATHERING_MS);
    pc.addEventListener('icegatheringstatechange', check);
    check();
  });
}

const isFinal = (error: unknown) => error instanceof SignallingError && (error.final || error.status === 401);

const STATUS_FAULTS: Readonly<Record<number, Fault>> = { 401: 'wrong-key', 404: 'unknown-city', 422: 'no-codec' };
const DEVICE_FAULTS: Readonly<Record<string, Fault>> = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'no-device',
  OverconstrainedError: 'no-device',
  NotReadableError: 'busy',
  AbortError: 'busy',
};

/** What an error means to the person before the page. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Insecure) return 'insecure';
  if (error instanceof Taken) return 'taken';
  if (error instanceof SignallingError) return STATUS_FAULTS[error.status] ?? 'other';
  return (error instanceof Error ? DEVICE_FAULTS[error.name] : undefined) ?? 'other';
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
