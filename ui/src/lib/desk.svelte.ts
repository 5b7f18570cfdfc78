// The commands of whoever sits at this page: it sends them, keeps what was asked until the show confirms it, and keeps what went wrong
// until somebody has read it. It never changes what is shown as on air; only the mirror does.
import { untrack } from 'svelte';
import { authorization } from './house';
import type { Command } from './protocol';

/** How long a control may show "asked", in milliseconds. */
export const CONFIRM_MS = 3000;
/** How long a problem stays on the screen, in milliseconds. */
const PROBLEM_MS = 9000;
/** How many problems are shown at once. */
const PROBLEMS = 3;

/** A command whose outcome is not known yet. */
interface Asked {
  readonly id: string;
  readonly control: string;
  readonly command: Command;
  readonly at: number;
  /** The revision that will show its outcome; `null` until the server has answered. */
  readonly revision: number | null;
}

/** What went wrong with a command. */
export type Problem =
  /** The show said no, with its own words. */
  | { readonly id: string; readonly is: 'rejected'; readonly code: string; readonly message: string }
  /** The server did not confirm in time. */
  | { readonly id: string; readonly is: 'unconfirmed' };

/** How a command ended: it happened, it was refused with a reason on the screen, or nobody here can know. */
export type Outcome = 'done' | 'refused' | 'unknown';

/** What tells two commands of one type apart: each names its own control. */
const TARGETS = ['source', 'scene', 'cue', 'city', 'cohost', 'message', 'keyer', 'of', 'group', 'mix', 'media', 'id', 'to'] as const;

/** Settings that are moved in steps: while one is on its way, the newest of those that follow is kept and sent after it. */
const NEWEST_COUNTS: ReadonlySet<Command['type']> = new Set(['set_strip', 'set_group', 'set_mix', 'set_solo', 'set_transition', 'talk']);

/** The control that a command belongs to: one word per button, so that each shows only its own asking. */
export function controlOf(command: Command): string {
  const named = TARGETS.map((name) => (name in command ? (command as Record<string, unknown>)[name] : undefined));
  const told = named.filter((value) => typeof value === 'string' || typeof value === 'number');
  return [command.type, ...told].join(' ');
}

type Post = (path: string, init: RequestInit) => Promise<Response>;

/** Sends commands, with a key or by the session's cookie. */
export class Desk {
  problems = $state.raw<readonly Problem[]>([]);
  /** From key to confirmation, for the last confirmed command, in milliseconds. */
  lastMs = $state.raw<number | null>(null);
  #asked = $state.raw<readonly Asked[]>([]);
  #revision = -1;
  /** Commands leave one by one, each after the answer to the last: on two connections the later could arrive first. */
  #line: Promise<void> = Promise.resolve();
  /** By control: what was asked while the same control still waited. */
  readonly #newest = new Map<string, Command>();
  readonly #key: string | null;
  readonly #post: Post;

  constructor(key: string | null, post: Post = (path, init) => fetch(path, init)) {
    this.#key = key;
    this.#post = post;
  }

  /** Whether a control waits for the server; without a control, whether any does. */
  asked(control?: string): boolean {
    return control === undefined ? this.#asked.length > 0 : this.#asked.some((one) => one.control === control);
  }

  /** The asked command of a control. */
  askedCommand(control: string): Command | null {
    return this.#asked.find((one) => one.control === control)?.command ?? null;
  }

  /** Asks the show for something. A control that still waits is not asked twice. */
  async ask(command: Command): Promise<Outcome> {
    const control = controlOf(command);
    if (this.asked(control)) {
      if (NEWEST_COUNTS.has(command.type)) this.#newest.set(control, command);
      return 'unknown';
    }
    const id = newId();
    this.#asked = [...this.#asked, { id, control, command, at: performance.now(), revision: null }];
    setTimeout(() => this.#late(id), CONFIRM_MS);
    const sent = this.#line.then(() => this.#send(id, command));
    this.#line = sent.then(() => undefined);
    return sent;
  }

  async #send(id: string, command: Command): Promise<Outcome> {
    // Whoever waited too long behind another was told so already, and does not count on it any more.
    if (!this.#waits(id)) return 'unknown';
    // A request that failed on its way may have been carried out. The server answers the same id and does not run it
    // twice, so it is asked once more; if that fails too, nobody here can know.
    const post = () => this.#request(JSON.stringify({ id, command }));
    const response = await post()
      .catch(() => (this.#waits(id) ? post() : null))
      .catch(() => null);
    if (response === null) {
      this.#late(id);
      return 'unknown';
    }
    const body: unknown = await response.json().catch(() => null);
    if (response.ok && isOutcome(body)) {
      this.#asked = this.#asked.map((one) => (one.id === id ? { ...one, revision: body.revision } : one));
      this.mirrored(this.#revision);
      return 'done';
    }
    if (this.#forget(id)) this.#report({ id, is: 'rejected', ...refusal(body, response) });
    return 'refused';
  }

  #waits(id: string): boolean {
    return this.#asked.some((one) => one.id === id);
  }

  #request(body: string): Promise<Response> {
    const headers = { 'Content-Type': 'application/json', ...authorization(this.#key) };
    const signal = AbortSignal.timeout(CONFIRM_MS);
    return this.#post('/api/v1/commands', { method: 'POST', headers, body, signal });
  }

  /** The mirror shows this revision: everything asked up to it is confirmed. */
  mirrored(revision: number): void {
    this.#revision = revision;
    untrack(() => this.#confirm(revision));
  }

  #confirm(revision: number): void {
    const confirmed = this.#asked.filter((one) => one.revision !== null && one.revision <= revision);
    const last = confirmed.at(-1);
    if (last === undefined) return;
    this.lastMs = performance.now() - last.at;
    this.#asked = this.#asked.filter((one) => !confirmed.includes(one));
    confirmed.forEach(({ control }) => this.#follow(control));
  }

  /** A control is free again: what was asked of it meanwhile goes out now. */
  #follow(control: string): void {
    const command = this.#newest.get(control);
    this.#newest.delete(control);
    if (command !== undefined) void this.ask(command);
  }

  /** Takes a problem off the screen. */
  dismiss(id: string): void {
    this.problems = this.problems.filter((problem) => problem.id !== id);
  }

  #late(id: string): void {
    if (this.#forget(id)) this.#report({ id, is: 'unconfirmed' });
  }

  /** Stops waiting for a command; false when it was settled already. */
  #forget(id: string): boolean {
    const forgotten = this.#asked.find((one) => one.id === id);
    if (forgotten === undefined) return false;
    this.#asked = this.#asked.filter((one) => one !== forgotten);
    this.#follow(forgotten.control);
    return true;
  }

  #report(problem: Problem): void {
    this.problems = [problem, ...this.problems].slice(0, PROBLEMS);
    setTimeout(() => this.dismiss(problem.id), PROBLEM_MS);
  }
}

/** A random UUID, version 4. `crypto.randomUUID` exists on https and localhost only; a rehearsal may run on plain http. */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isOutcome(body: unknown): body is { revision: number } {
  return typeof body === 'object' && body !== null && 'revision' in body && typeof body.revision === 'number';
}

function refusal(body: unknown, response: Response): { code: string; message: string } {
  const word = (name: string): string | null => {
    const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : null;
    return typeof value === 'string' ? value : null;
  };
  return {
    code: word('code') ?? `http-${response.status}`,
    message: word('message') ?? `HTTP ${response.status} ${response.statusText}`.trim(),
  };
}
