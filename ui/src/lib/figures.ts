// Figures of a reception, out of WebRTC statistics. Pure: two samples in, figures out.

/** What one report says, counted since the session began. */
export interface Sample {
  readonly at: number;
  readonly frames: number;
  readonly packets: number;
  /** Packets of the sound. */
  readonly heard: number;
  readonly lost: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
  /** Sum over frames of the time from first packet to decoded frame, in seconds. */
  readonly processing: number;
  /** Round trip to the server, in seconds; `null` while unknown. */
  readonly roundTrip: number | null;
}

/** How a reception does, over the span between two samples. */
export interface Figures {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly kbps: number;
  /** Lost packets in percent. */
  readonly loss: number;
  /** From the server's door to the screen: half the round trip, buffer and decoding; `null` while unknown. */
  readonly delayMs: number | null;
}

type Loose = Record<string, unknown>;

const number = (entry: Loose, name: string): number => {
  const value = entry[name];
  return typeof value === 'number' ? value : 0;
};

/** The sample in a report. */
export function sample(report: Iterable<Loose>, at: number): Sample {
  let video: Loose = {};
  let heard = 0;
  let bytes = 0;
  let roundTrip: number | null = null;
  for (const entry of report) {
    if (entry['type'] === 'inbound-rtp') {
      bytes += number(entry, 'bytesReceived');
      if (entry['kind'] === 'video') video = entry;
      else heard += number(entry, 'packetsReceived');
    } else if (entry['type'] === 'candidate-pair' && entry['nominated'] === true && 'currentRoundTripTime' in entry) {
      roundTrip = number(entry, 'currentRoundTripTime');
    }
  }
  return {
    at,
    bytes,
    roundTrip,
    heard,
    frames: number(video, 'framesDecoded'),
    packets: number(video, 'packetsReceived'),
    lost: number(video, 'packetsLost'),
    width: number(video, 'frameWidth'),
    height: number(video, 'frameHeight'),
    processing: number(video, 'totalProcessingDelay'),
  };
}

/** The figures between two samples; `null` when too little time lies between them. */
export function figures(before: Sample, after: Sample): Figures | null {
  const seconds = (after.at - before.at) / 1000;
  if (seconds < 0.2) return null;
  const frames = after.frames - before.frames;
  const packets = after.packets - before.packets;
  const lost = Math.max(0, after.lost - before.lost);
  const known = frames > 0 && after.processing > before.processing && after.roundTrip !== null;
  return {
    width: after.width,
    height: after.height,
    fps: frames / seconds,
    kbps: ((after.bytes - before.bytes) * 8) / 1000 / seconds,
    loss: packets + lost > 0 ? (100 * lost) / (packets + lost) : 0,
    delayMs: known ? ((after.processing - before.processing) / frames + (after.roundTrip ?? 0) / 2) * 1000 : null,
  };
}
