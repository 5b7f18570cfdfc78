import { describe, expect, it } from 'vitest';
import { figures, sample } from '../src/lib/figures';
import { iceServers, withStereo } from '../src/lib/whep-http';

const report = (frames: number, bytes: number, packets: number, lost: number, processing: number) => [
  { type: 'codec' },
  { type: 'inbound-rtp', kind: 'audio', bytesReceived: 1000 },
  {
    type: 'inbound-rtp',
    kind: 'video',
    bytesReceived: bytes,
    framesDecoded: frames,
    packetsReceived: packets,
    packetsLost: lost,
    frameWidth: 1280,
    frameHeight: 720,
    totalProcessingDelay: processing,
  },
  { type: 'candidate-pair', nominated: true, currentRoundTripTime: 0.02 },
];

describe('the figures of a reception', () => {
  it('are those of the span between two samples', () => {
    const before = sample(report(100, 0, 1000, 0, 10), 0);
    const after = sample(report(160, 625_000, 1990, 10, 16), 2000);
    expect(figures(before, after)).toEqual({ width: 1280, height: 720, fps: 30, kbps: 2500, loss: 1, delayMs: 110 });
  });

  it('have no delay while the browser does not tell it', () => {
    const before = sample(report(100, 0, 1000, 0, 0), 0);
    expect(figures(before, sample(report(160, 0, 1000, 0, 0), 2000))?.delayMs).toBeNull();
  });

  it('are not made of too short a span', () => {
    expect(figures(sample([], 0), sample([], 100))).toBeNull();
  });
});

describe('ICE servers in a Link header', () => {
  it('are read with their credentials, and other links are passed over', () => {
    const link =
      '<stun:stun.example.net>; rel="ice-server", </next>; rel=next, ' +
      '<turn:turn.example.net?transport=udp>; rel="ice-server"; username="u,s;er"; credential="geheim"; credential-type="password"';
    expect(iceServers(link)).toEqual([
      { urls: 'stun:stun.example.net' },
      { urls: 'turn:turn.example.net?transport=udp', username: 'u,s;er', credential: 'geheim' },
    ]);
  });

  it('may be none', () => {
    expect(iceServers(null)).toEqual([]);
    expect(iceServers('nonsense')).toEqual([]);
  });
});

describe('the offer', () => {
  it('wishes for stereo once', () => {
    const sdp = 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:97 apt=96\r\n';
    const stereo = withStereo(sdp);
    expect(stereo).toContain('a=fmtp:111 stereo=1;minptime=10;useinbandfec=1\r\n');
    expect(stereo).toContain('a=fmtp:97 apt=96\r\n');
    expect(withStereo(stereo)).toBe(stereo);
    expect(withStereo('v=0')).toBe('v=0');
  });
});
