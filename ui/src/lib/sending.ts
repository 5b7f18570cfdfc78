// Figures of what goes out, out of WebRTC statistics. Pure: two samples in, figures out.

/** What one report says, counted since the session began. */
export interface Sent {
  readonly at: number;
  readonly frames: number;
  readonly packets: number;
  /** Lost on the way, as the server tells. */
  readonly lost: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  /** What the congestion control would let through, in kbit/s; `null` while unknown. */
  readonly availableKbps: number | null;
}

/** How the sending does, over the span between two samples. */
export interface Outgoing {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly kbps: number;
  /** Lost packets in percent. */
  readonly loss: number;
  readonly availableKbps: number | null;
}

type Loose = Record<string, unknown>;

const number = (entry: Loose, name: string): number => {
  const value = entry[name];
  return typeof value === 'number' ? value : 0;
};

/** The sample in a report. */
export function sent(report: Iterable<Loose>, at: number): Sent {
  let video: Loose = {};
  let remote: Loose = {};
  let bytes = 0;
  let availableKbps: number | null = null;
  for (const entry of report) {
    if (entry['type'] === 'outbound-rtp') {
      bytes += number(entry, 'bytesSent');
      if (entry['kind'] === 'video') video = entry;
    } else if (entry['type'] === 'remote-inbound-rtp' && entry['kind'] === 'video') {
      remote = entry;
    } else if (entry['type'] === 'candidate-pair' && entry['nominated'] === true && 'availableOutgoingBitrate' in entry) {
      availableKbps = number(entry, 'availableOutgoingBitrate') / 1000;
    }
  }
  return {
    at,
    bytes,
    availableKbps,
    frames: number(video, 'framesEncoded'),
    packets: number(video, 'packetsSent'),
    lost: number(remote, 'packetsLost'),
    width: number(video, 'frameWidth'),
    height: number(video, 'frameHeight'),
  };
}

/** The figures between two samples; `null` when too little time lies between them. */
export function outgoing(before: Sent, after: Sent): Outgoing | null {
  const seconds = (after.at - before.at) / 1000;
  if (seconds < 0.2) return null;
  const packets = after.packets - before.packets;
  const lost = Math.max(0, after.lost - before.lost);
  return {
    width: after.width,
    height: after.height,
    fps: (after.frames - before.frames) / seconds,
    kbps: ((after.bytes - before.bytes) * 8) / 1000 / seconds,
    loss: packets > 0 ? Math.min(100, (100 * lost) / packets) : 0,
    availableKbps: after.availableKbps,
  };
}
