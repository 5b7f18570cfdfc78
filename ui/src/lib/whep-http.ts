// WHEP signalling: the HTTP requests of one viewer's session and what their answers mean. It knows nothing of peer
// connections.

import { authorization } from './house';

/** How long the server may take to answer, in milliseconds. */
const ANSWER_MS = 6000;

/** A session that the server granted. */
export interface Granted {
  /** The session's own address. */
  readonly url: string;
  readonly answer: string;
  readonly etag: string | null;
  readonly iceServers: RTCIceServer[];
}

/** Why a request brought nothing. */
export class SignallingError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The server's stable word; empty when it had none. */
  readonly code: string;

  constructor(status: number, message: string, code = '') {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Whether the same request can only fail again: a channel or a codec that is not there does not come by waiting. */
  get final(): boolean {
    return [400, 401, 403, 404, 405, 406, 413, 415, 422].includes(this.status);
  }
}

/** Asks and waits for the answer; anything but success is a `SignallingError`. */
export async function request(url: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    throw new SignallingError(0, error instanceof Error ? error.message : String(error));
  }
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  const told = typeof body === 'object' && body !== null ? (body as { code?: unknown; message?: unknown }) : {};
  const [code, message] = [told.code, told.message].map((word) => (typeof word === 'string' ? word : ''));
  throw new SignallingError(response.status, message || `HTTP ${response.status}`, code);
}

/** Asks for a session on a channel. `token` is a key, or the access code of a channel that is not public. */
export async function join(channel: string, offer: string, token: string | null): Promise<Granted> {
  const endpoint = new URL(`/whep/${encodeURIComponent(channel)}`, location.href);
  const response = await request(endpoint.href, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/sdp',
      Accept: 'application/sdp',
      ...authorization(token),
    },
    body: offer,
  });
  const location_ = response.headers.get('Location');
  if (location_ === null) throw new SignallingError(response.status, 'the answer has no Location');
  return {
    url: new URL(location_, endpoint).href,
    answer: await response.text(),
    etag: response.headers.get('ETag'),
    iceServers: iceServers(response.headers.get('Link')),
  };
}

/** Moves a session to another channel, with a token as for joining it. */
export async function move(session: Granted, channel: string, token: string | null): Promise<void> {
  await request(session.url, {
    method: 'PATCH',
    headers: { 'Content-Type': 'application/json', ...authorization(token) },
    body: JSON.stringify({ channel }),
  });
}

/** Ends a session. It may be the last thing a page does, so nobody waits for the answer. */
export function leave(session: Granted): void {
  fetch(session.url, { method: 'DELETE', keepalive: true }).catch(() => {
    // The server notices silence by itself.
  });
}

/** The ICE servers in a `Link` header (RFC 9725, section 4.6). */
export function iceServers(link: string | null): RTCIceServer[] {
  const servers: RTCIceServer[] = [];
  for (const [, url, parameters] of (link ?? '').matchAll(/<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"[^"]*"|[^\s;,]*))*)/g)) {
    const named = new Map<string, string>();
    for (const [, name, quoted, bare] of (parameters ?? '').matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|([^\s;,]*))/g)) {
      named.set((name ?? '').toLowerCase(), quoted ?? bare ?? '');
    }
    if (named.get('rel') !== 'ice-server' || !url) continue;
    const username = named.get('username');
    const credential = named.get('credential');
    servers.push(username === undefined || credential === undefined ? { urls: url } : { urls: url, username, credential });
  }
  return servers;
}

/** The offer with a wish for stereo: without it Chromium folds Opus down to one channel. */
export function withStereo(sdp: string): string {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2\r?$/im.exec(sdp)?.[1];
  if (opus === undefined) return sdp;
  return sdp.replace(new RegExp(`^(a=fmtp:${opus} )(?!.*\\bstereo=)`, 'm'), '$1stereo=1;');
}
