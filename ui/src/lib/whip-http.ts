// WHIP signalling (RFC 9725): the HTTP requests of one publisher's session. It knows nothing of peer connections.
import { authorization } from './house';
import { iceServers, request, SignallingError } from './whep-http';

/** A seat: who contributes (`roma`, `call-luca`, `talkback`), and the key that opens it; without one the session's cookie does. */
export interface Seat {
  readonly contribution: string;
  readonly key: string | null;
}

/** A session that the server granted. */
export interface Published {
  readonly url: string;
  readonly answer: string;
  readonly iceServers: RTCIceServer[];
}

/** Takes the seat: whoever sat there is replaced. */
export async function publish(seat: Seat, offer: string): Promise<Published> {
  const endpoint = new URL(`/whip/${encodeURIComponent(seat.contribution)}`, location.href);
  const response = await request(endpoint.href, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp', ...authorization(seat.key) },
    body: offer,
  });
  const location_ = response.headers.get('Location');
  if (location_ === null) throw new SignallingError(response.status, 'the answer has no Location');
  return {
    url: new URL(location_, endpoint).href,
    answer: await response.text(),
    iceServers: iceServers(response.headers.get('Link')),
  };
}

/**
 * Leaves the seat; it may be the last thing a page does. `false` when the server did not know the session any more.
 * It never fails: the server notices silence by itself.
 */
export async function leave(seat: Seat, session: Published): Promise<boolean> {
  try {
    await request(session.url, { method: 'DELETE', headers: authorization(seat.key), keepalive: true });
    return true;
  } catch (error) {
    return !(error instanceof SignallingError && error.status === 404);
  }
}

/**
 * The answer with a bitrate to begin with, in kbit/s. Chromium begins with 300 and shrinks the picture to a quarter for its
 * first fifteen seconds; browsers that do not know the parameter pass it over.
 */
export function withStartBitrate(sdp: string, kbps: number): string {
  const payloads = [...sdp.matchAll(/^a=rtpmap:(\d+) H264\/90000\r?$/gim)].map(([, payload]) => payload);
  if (payloads.length === 0) return sdp;
  return sdp.replace(new RegExp(`^a=fmtp:(?:${payloads.join('|')}) [^\\r\\n]+`, 'gm'), `$&;x-google-start-bitrate=${kbps}`);
}
