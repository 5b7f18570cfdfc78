// How loud a stream is: its peak, many times a second, as the browser's own analyser hears it. It plays nothing.

import { FLOOR_DB, Needle } from './meter-scale';

/** Samples that are looked at: 43 ms at 48 kHz, more than a frame of the screen. */
const WINDOW = 2048;
/** How often the figure for people changes, in milliseconds. */
const FIGURE_MS = 250;

/** The level of one stream, from when it is heard until the returned function is called. */
export class Level {
  /** For people, rounded; `null` while nothing is measured. */
  figure = $state<number | null>(null);
  /** Measures a stream and tells every frame of the screen. */
  follow(stream: MediaStream, ondraw: (peakDb: number) => void): () => void {
    if (stream.getAudioTracks().length === 0) return () => undefined;
    const context = new AudioContext();
    const source = context.createMediaStreamSource(stream);
    const analyser = new AnalyserNode(context, { fftSize: WINDOW });
    source.connect(analyser);
    // A page that was never touched may not run audio: the next touch lets it.
    const resume = () => void context.resume().catch(() => undefined);
    resume();
    document.addEventListener('pointerdown', resume);
    document.addEventListener('keydown', resume);
    const samples = new Float32Array(WINDOW);
    const needle = new Needle();
    let told = 0;
    let handle = 0;
    const look = (now: number) => {
      analyser.getFloatTimeDomainData(samples);
      needle.move(peakDb(samples), now);
      ondraw(needle.shown);
      if (now - told >= FIGURE_MS) {
        told = now;
        this.figure = Math.round(needle.shown);
      }
      handle = requestAnimationFrame(look);
    };
    handle = requestAnimationFrame(look);
    return () => {
      cancelAnimationFrame(handle);
      document.removeEventListener('pointerdown', resume);
      document.removeEventListener('keydown', resume);
      void context.close();
      this.figure = null;
      ondraw(FLOOR_DB);
    };
  }
}

/** The largest sample in dBFS, no lower than the floor. */
export function peakDb(samples: Float32Array): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return Math.max(FLOOR_DB, 20 * Math.log10(peak));
}
