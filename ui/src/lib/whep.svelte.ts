// One WHEP viewer: it holds one peer connection, moves it from channel to channel, judges by frames that arrive whether it
// lives, and comes back by itself. It owns no element: a component shows its stream.
import { untrack } from 'svelte';
import { backoffMs } from './backoff';
import { type Figures, figures, type Sample, sample } from './figures';
import { type Granted, join, leave, move, SignallingError, withStereo } from './whep-http';

/** How a viewer does. */
export type PlayerState =
  /** Nothing is wanted. */
  | { readonly is: 'idle' }
  /** A session is being negotiated, or its first frame has not come yet. */
  | { readonly is: 'connecting' }
  /** Frames come. */
  | { readonly is: 'playing' }
  /** The session stands but frames have stopped since (local milliseconds). */
  | { readonly is: 'stalled'; readonly since: number }
  /** The session is gone; try number `attempt` follows by itself. */
  | { readonly is: 'retrying'; readonly attempt: number; readonly reason: string }
  /** The server refused for a reason that does not pass by waiting. */
  | { readonly is: 'failed'; readonly code: string; readonly reason: string };

/** How often statistics are read: until the first frame, and then. In milliseconds. */
const FIRST_FRAME_POLL_MS = 100;
const POLL_MS = 1000;
/** The first frame must come within this time, in milliseconds. */
const FIRST_FRAME_MS = 8000;
/** Without a frame for so long the picture counts as stalled, in milliseconds. */
const STALL_MS = 2000;
/** Without a frame for so long the session is given up and a new one asked for, in milliseconds. */
const GIVE_UP_MS = 6000;
/** The same while there is reason to believe that the server started again. */
const GIVE_UP_SUSPICIOUS_MS = 1500;
/** Frames for so long prove that a session is good, so that the next trouble starts with a short wait again. */
const PROVEN_MS = 5000;

/** The web radio, and what an operator of this name listens to. */
export const RADIO = 'radio';
const MONITOR = 'monitor-';
export const monitorOf = (operator: string): string => `${MONITOR}${operator}`;

interface Session {
  readonly pc: RTCPeerConnection;
  readonly granted: Granted;
  /** What the server sends, as far as it has confirmed. */
  channel: string;
  readonly began: number;
  /** When the last frame (in a hidden page: packet) came. */
  progress: number;
  last: Sample | null;
  seen: boolean;
}

/** A viewer of one channel at a time. What it is asked may be asked in an effect: it makes nothing a dependency. */
export class WhepPlayer {
  state = $state.raw<PlayerState>({ is: 'idle' });
  /** Picture and sound; the old one stays until the new one connects, so that a retry does not flash. */
  stream = $state.raw<MediaStream | null>(null);
  /** The channel that the page wants. */
  asked = $state<string | null>(null);
  /** The channel that the server confirmed. */
  channel = $state<string | null>(null);
  figures = $state.raw<Figures | null>(null);

  readonly #tokenOf: (channel: string) => string | null;
  readonly #random: () => number;
  #session: Session | null = null;
  /** Names the newest try; whatever an older one brings is dropped. */
  #generation = 0;
  #attempt = 0;
  #moving = false;
  /** Since when the session is looked at closely (local milliseconds). */
  #suspicious: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A viewer's player; with a key that of whoever has it; or one that asks by channel which code opens it. */
  constructor(token: string | null | ((channel: string) => string | null) = null, random: () => number = Math.random) {
    this.#tokenOf = typeof token === 'function' ? token : () => token;
    this.#random = random;
  }

  /** Shows a channel: joins it, or moves there on the connection that stands. */
  play(channel: string): void {
    untrack(() => this.#play(channel));
  }

  #play(channel: string): void {
    if (this.asked === channel && this.state.is !== 'failed') return;
    this.asked = channel;
    if (this.state.is === 'idle' || this.state.is === 'failed') void this.#connect();
    else void this.#reconcile();
  }

  /** Ends the session; nothing is wanted any more. */
  stop(): void {
    untrack(() => this.#hangUp());
    this.asked = null;
    this.channel = null;
    this.stream = null;
    this.figures = null;
    this.#attempt = 0;
    this.state = { is: 'idle' };
  }

  /** The server came back, or the page did: a waiting try runs now, a standing session is looked at closely. */
  nudge(): void {
    untrack(() => this.#nudge());
  }

  #nudge(): void {
    if (this.state.is === 'retrying' || this.state.is === 'failed') void this.#connect();
    else if (this.#session !== null) {
      this.#suspicious = performance.now();
      void this.#look();
    }
  }

  /** Keeps the player until the returned function is called, and says goodbye to the server when the page goes. */
  start(): () => void {
    const hide = () => this.#hangUp();
    const show = (event: PageTransitionEvent) => {
      if (event.persisted && this.asked !== null) void this.#connect();
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
    const channel = this.asked;
    this.#hangUp();
    if (channel === null) return;
    const generation = this.#generation;
    if (this.state.is !== 'retrying') this.state = { is: 'connecting' };
    let pc: RTCPeerConnection | null = null;
    try {
      pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      const session = await this.#negotiate(pc, channel, generation);
      if (session === null) return pc.close();
      this.#session = session;
      this.channel = channel;
      this.#poll();
      void this.#reconcile();
    } catch (error) {
      pc?.close();
      if (generation !== this.#generation) return;
      // A refusal of a channel that nobody wants any more says nothing about the one that is wanted.
      if (this.asked === channel) this.#failed(error);
      else void this.#connect();
    }
  }

  /** Negotiates a session; `null` when a newer try has begun meanwhile. */
  async #negotiate(pc: RTCPeerConnection, channel: string, generation: number): Promise<Session | null> {
    const stream = new MediaStream();
    pc.addTransceiver('video', { direction: 'recvonly' });
    pc.addTransceiver('audio', { direction: 'recvonly' });
    pc.ontrack = (event) => stream.addTrack(event.track);
    pc.onconnectionstatechange = () => {
      if (this.#session?.pc !== pc) return;
      if (pc.connectionState === 'connected') this.stream = stream;
      if (pc.connectionState === 'failed') this.#retry('ICE failed');
    };
    const offer = { type: 'offer', sdp: withStereo((await pc.createOffer()).sdp ?? '') } as const;
    // The offer leaves before candidates are gathered: the server learns this address from the first STUN packet, and
    // the ICE servers that it names are in place before gathering starts.
    const granted = await join(channel, offer.sdp, this.#tokenOf(channel));
    if (generation !== this.#generation) {
      leave(granted);
      return null;
    }
    try {
      if (granted.iceServers.length > 0) pc.setConfiguration({ ...pc.getConfiguration(), iceServers: granted.iceServers });
      await pc.setLocalDescription(offer);
      await pc.setRemoteDescription({ type: 'answer', sdp: granted.answer });
    } catch (error) {
      leave(granted);
      throw error;
    }
    if (generation !== this.#generation) {
      leave(granted);
      return null;
    }
    if (pc.connectionState === 'connected') this.stream = stream;
    const now = performance.now();
    return { pc, granted, channel, began: now, progress: now, last: null, seen: false };
  }

  /** Brings the standing session to the asked channel; a wish that changes on the way is followed up. */
  async #reconcile(): Promise<void> {
    const session = this.#session;
    const channel = this.asked;
    if (session === null || channel === null || session.channel === channel || this.#moving) return;
    this.#moving = true;
    try {
      await move(session.granted, channel, this.#tokenOf(channel));
      session.channel = channel;
      if (session === this.#session) this.channel = channel;
    } catch (error) {
      // The server forgot the session, or is gone: a new session on the asked channel tells which.
      if (session === this.#session) this.#retry(reasonOf(error));
    } finally {
      this.#moving = false;
    }
    void this.#reconcile();
  }

  #poll(): void {
    const wait = this.#session?.seen === false ? FIRST_FRAME_POLL_MS : POLL_MS;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    const report = await session.pc.getStats();
    if (session !== this.#session) return;
    this.#judge(session, sample(report.values(), performance.now()));
    if (session === this.#session) this.#poll();
  }

  #judge(session: Session, now: Sample): void {
    const before = session.last;
    session.last = now;
    // Of a channel without a picture the sound is all there is to come.
    const frames = isSoundOnly(session.channel) ? now.heard > (before?.heard ?? 0) : now.frames > (before?.frames ?? 0);
    // A hidden page may decode nothing, so packets are proof enough there.
    const packets = document.visibilityState === 'hidden' && now.packets > (before?.packets ?? 0);
    if (frames || packets) {
      session.progress = now.at;
      session.seen ||= frames;
      // Frames that may be older than the suspicion clear nobody.
      if (this.#suspicious !== null && before !== null && before.at >= this.#suspicious) this.#suspicious = null;
      this.state = { is: 'playing' };
      if (now.at - session.began > PROVEN_MS) this.#attempt = 0;
      if (before !== null) this.figures = figures(before, now) ?? this.figures;
      return;
    }
    const silent = now.at - session.progress;
    const patience = this.#suspicious !== null ? GIVE_UP_SUSPICIOUS_MS : session.seen ? GIVE_UP_MS : FIRST_FRAME_MS;
    if (silent > patience) this.#retry('no frames');
    else if (session.seen && silent > STALL_MS && this.state.is !== 'stalled') {
      this.figures = null;
      this.state = { is: 'stalled', since: session.progress };
    }
  }

  #failed(error: unknown): void {
    if (error instanceof SignallingError && error.final) {
      this.state = { is: 'failed', code: error.code, reason: error.message };
    } else if (typeof RTCPeerConnection === 'undefined') {
      this.state = { is: 'failed', code: '', reason: 'WebRTC' };
    } else {
      this.#retry(reasonOf(error));
    }
  }

  #retry(reason: string): void {
    this.#hangUp();
    this.#attempt += 1;
    this.state = { is: 'retrying', attempt: this.#attempt, reason };
    this.#timer = setTimeout(() => void this.#connect(), backoffMs(this.#attempt, this.#random()));
  }

  /** Ends the session and whatever is on its way to one. */
  #hangUp(): void {
    this.#generation += 1;
    this.#suspicious = null;
    clearTimeout(this.#timer);
    const session = this.#session;
    this.#session = null;
    this.figures = null;
    if (session === null) return;
    leave(session.granted);
    session.pc.close();
  }
}

/** Whether a channel never has a picture. */
export function isSoundOnly(channel: string): boolean {
  return channel === RADIO || channel.startsWith(MONITOR);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
