// The live link: one WebSocket that tells the page what the server says. It owns the connection, its watchdog and its
// retries; what the messages mean is the mirror's.
import { backoffMs } from './backoff';
import { Meters } from './meters';
import { Mirror } from './mirror.svelte';
import {
  CLOSE_FORBIDDEN,
  CLOSE_UNKNOWN,
  CLOSE_WRONG_KEY,
  parseMessage,
  type Actor,
  type Hello,
  type Refusal,
  type Role,
} from './protocol';

/** How long the link may be silent, in milliseconds. The server beats once a second. */
export const SILENCE_MS = 3000;

const FINAL: ReadonlySet<number> = new Set([CLOSE_WRONG_KEY, CLOSE_FORBIDDEN, CLOSE_UNKNOWN]);

/** How the link does. */
export type LinkState =
  /** The first try is on its way. */
  | { readonly is: 'connecting' }
  /** The server speaks. */
  | {
      readonly is: 'up';
      /** Who this page is taken for, with the name for people. */
      readonly actor: Actor;
      readonly name: string | null;
      readonly roles: readonly Role[];
      readonly version: string;
    }
  /** Gone; the next try is at `retryAt` (local milliseconds), or runs now. */
  | { readonly is: 'lost'; readonly since: number; readonly retryAt: number | null }
  /** The server does not let this key or session in; no further try is made. */
  | { readonly is: 'refused'; readonly code: string; readonly message: string };

/** What the link needs of its surroundings. */
export interface LiveOptions {
  /** A key or a link's token; without one the session's cookie counts, and without that it is a viewer's link. */
  readonly key: string | null;
  /** To be a viewer, whoever is signed in to this browser. */
  readonly watch?: boolean;
  readonly url?: string;
  readonly random?: () => number;
}

function liveUrl(): string {
  const url = new URL('/api/v1/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

/** The connection that keeps a mirror true. */
export class Live {
  state = $state.raw<LinkState>({ is: 'connecting' });
  readonly show = new Mirror();
  /** What the desk measures; operators only. */
  readonly meters = new Meters(() => this.#askForMeters());
  /** Rises with every connection that came up, so that others may look whether theirs lives. */
  connections = $state(0);

  readonly #key: string | null;
  readonly #watches: boolean;
  readonly #url: string;
  readonly #random: () => number;
  #socket: WebSocket | null = null;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #resyncing = false;
  #refusal: Refusal | null = null;
  #welcome: Hello | null = null;

  constructor(options: LiveOptions) {
    this.#key = options.key;
    this.#watches = options.watch ?? false;
    this.#url = options.url ?? liveUrl();
    this.#random = options.random ?? Math.random;
  }

  get up(): boolean {
    return this.state.is === 'up';
  }

  /** Opens the link and keeps it open until the returned function is called. */
  start(): () => void {
    const wake = () => this.#wake();
    const shown = () => document.visibilityState === 'visible' && this.#wake();
    window.addEventListener('online', wake);
    document.addEventListener('visibilitychange', shown);
    this.#open();
    return () => {
      window.removeEventListener('online', wake);
      document.removeEventListener('visibilitychange', shown);
      clearTimeout(this.#retry);
      this.#drop();
    };
  }

  /** Tries now instead of later, when a try is waiting. */
  #wake(): void {
    if (this.state.is !== 'lost' || this.#socket !== null) return;
    clearTimeout(this.#retry);
    this.#open();
  }

  #open(): void {
    this.#resyncing = false;
    this.#refusal = null;
    this.#welcome = null;
    const socket = new WebSocket(this.#url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', key: this.#key, watch: this.#watches }));
    socket.onmessage = (frame) => {
      if (typeof frame.data === 'string') this.#read(frame.data);
      else if (frame.data instanceof ArrayBuffer) this.meters.take(frame.data);
    };
    socket.onclose = (close) => this.#closed(close.code);
    this.#watch();
  }

  #read(text: string): void {
    this.#watch();
    const message = parseMessage(text);
    if (message === null) return;
    if (message.type === 'meter_map') return this.meters.know(message.map, message.strips, message.mixes);
    if (message.type === 'error') this.#refusal = message;
    if (message.type === 'hello') this.#welcome = message;
    if (message.type === 'snapshot') this.#resyncing = false;
    if (this.show.take(message, performance.now()) === 'missed' && !this.#resyncing) {
      this.#resyncing = true;
      this.#socket?.send(JSON.stringify({ type: 'resync' }));
    }
    if (message.type === 'snapshot') this.#upWithTheShow();
  }

  /** The link is up with the show, not with the hello: controls over a show of yesterday would cut blindly. */
  #upWithTheShow(): void {
    if (this.#welcome === null) return;
    this.#attempt = 0;
    const { actor, name, roles, version } = this.#welcome;
    this.state = { is: 'up', actor, name, roles, version };
    this.connections += 1;
    this.#welcome = null;
    if (this.meters.wanted) this.#askForMeters();
  }

  /** Says whether readings are wanted; a link that is not up says so when it is. */
  #askForMeters(): void {
    if (this.state.is === 'up') this.#socket?.send(JSON.stringify({ type: 'meters', on: this.meters.wanted }));
  }

  /** Winds the watchdog up again: a silent link is a lost link, whatever TCP believes. */
  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#closed(0), SILENCE_MS);
  }

  #closed(code: number): void {
    this.#drop();
    if (FINAL.has(code)) {
      this.state = { is: 'refused', code: this.#refusal?.code ?? '', message: this.#refusal?.message ?? '' };
      return;
    }
    this.#attempt += 1;
    const wait = backoffMs(this.#attempt, this.#random());
    const since = this.state.is === 'lost' ? this.state.since : performance.now();
    this.state = { is: 'lost', since, retryAt: performance.now() + wait };
    this.#retry = setTimeout(() => {
      this.state = { is: 'lost', since, retryAt: null };
      this.#open();
    }, wait);
  }

  #drop(): void {
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
