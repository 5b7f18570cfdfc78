// The house's own addresses beside the show: who comes in, links, keys and channels. Each function is one request.
import type { Actor, Role } from './protocol';

/** How long the server may take to answer, in milliseconds. */
const ANSWER_MS = 8000;

/** Why a request brought nothing: the server's stable word and its sentence. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The header that shows a key; without one the session's cookie counts. */
export function authorization(key: string | null): Record<string, string> {
  return key === null ? {} : { Authorization: `Bearer ${key}` };
}

/** Asks the house; anything but success is a `Refused`. */
export async function ask(method: string, path: string, key: string | null, body?: unknown): Promise<Response> {
  const init: RequestInit = { method, headers: authorization(key), signal: AbortSignal.timeout(ANSWER_MS) };
  if (body !== undefined) {
    const type = typeof body === 'string' ? 'text/csv' : 'application/json';
    init.headers = { ...init.headers, 'Content-Type': type };
    init.body = typeof body === 'string' ? body : JSON.stringify(body);
  }
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    throw new Refused(0, 'unreachable', error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const said: unknown = await response.json().catch(() => null);
  const word = (name: string): string | undefined => {
    const value = typeof said === 'object' && said !== null ? (said as Record<string, unknown>)[name] : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  throw new Refused(response.status, word('code') ?? `http-${response.status}`, word('message') ?? `HTTP ${response.status}`);
}

/** Who is signed in. */
export interface Session {
  readonly actor: Actor;
  readonly name: string | null;
  readonly roles: readonly Role[];
}

/** Signs in; the answer leaves a cookie that only the server can read. */
export async function signIn(name: string, password: string): Promise<Session> {
  return (await ask('POST', '/api/v1/session', null, { name, password })).json() as Promise<Session>;
}

/** Who this browser is signed in as; `null` when as nobody. */
export async function session(): Promise<Session | null> {
  try {
    return (await (await ask('GET', '/api/v1/session', null)).json()) as Session;
  } catch (error) {
    if (error instanceof Refused && error.status !== 0 && error.status < 500) return null;
    throw error;
  }
}

/** Signs out. */
export async function signOut(): Promise<void> {
  await ask('DELETE', '/api/v1/session', null);
}

/** Whose link it is, as the addresses name them. */
export type Holder = `cities/${string}` | `cohosts/${string}`;

/** A link as it can be listed: all but its token. Times are Unix µs. */
export interface Link {
  readonly id: number;
  readonly standing: 'valid' | 'renewed' | 'revoked' | 'expired';
  readonly added_us: number;
  readonly expires_us: number | null;
}

/** A link just made, with the address that is shown once. */
export interface NewLink {
  readonly id: number;
  readonly url: string;
}

/** The links of a city or a co-host, newest first. */
export async function linksOf(holder: Holder, key: string | null): Promise<Link[]> {
  const { links } = (await (await ask('GET', `/api/v1/${holder}/links`, key)).json()) as { links: Link[] };
  return links.toSorted((a, b) => b.id - a.id);
}

/** Makes a link; without `hours` it stands until it is revoked. */
export async function addLink(holder: Holder, hours: number | null, key: string | null): Promise<NewLink> {
  const body = hours === null ? {} : { expires_s: hours * 3600 };
  return (await (await ask('POST', `/api/v1/${holder}/links`, key, body)).json()) as NewLink;
}

/** Puts another token in the place of a link's; who is live with the old one goes on. */
export async function renewLink(id: number, key: string | null): Promise<NewLink> {
  return (await (await ask('POST', `/api/v1/links/${id}/renew`, key, {})).json()) as NewLink;
}

/** Takes a link away. */
export async function revokeLink(id: number, key: string | null): Promise<void> {
  await ask('DELETE', `/api/v1/links/${id}`, key);
}

/** A machine with an API key. */
export interface Machine {
  readonly name: string;
  readonly roles: readonly Role[];
  readonly acts_for: string | null;
  readonly revoked_us: number | null;
}

/** The machines with a key that opens. */
export async function machines(key: string | null): Promise<Machine[]> {
  const { keys } = (await (await ask('GET', '/api/v1/keys', key)).json()) as { keys: Machine[] };
  return keys.filter((machine) => machine.revoked_us === null);
}

/** Makes an API key, which is shown once. */
export async function addKey(name: string, roles: readonly Role[], key: string | null): Promise<string> {
  return ((await (await ask('POST', '/api/v1/keys', key, { name, roles })).json()) as { key: string }).key;
}

/** Takes an API key away. */
export async function revokeKey(name: string, key: string | null): Promise<void> {
  await ask('DELETE', `/api/v1/keys/${encodeURIComponent(name)}`, key);
}

/** A channel and whether it needs a code. */
export interface ChannelAccess {
  readonly id: string;
  readonly needs_code: boolean;
}

/** All channels. */
export async function channelsAccess(key: string | null): Promise<ChannelAccess[]> {
  return ((await (await ask('GET', '/api/v1/channels', key)).json()) as { channels: ChannelAccess[] }).channels;
}

/** Sets a channel's access code; without one everybody may watch. */
export async function setCode(channel: string, code: string | null, key: string | null): Promise<void> {
  const path = `/api/v1/channels/${encodeURIComponent(channel)}/code`;
  await (code === null ? ask('DELETE', path, key) : ask('PUT', path, key, { code }));
}
