// From one page's microphone to another page's ear: bursts that are said by the clock of one page and heard by that of the other.
// Both clocks are the machine's: `performance.timeOrigin + performance.now()`.

/** Time between two bursts in seconds: no multiple of a packet. */
const APART = 0.507;

/**
 * From now on the page's microphone is a quiet hum, with bursts once `globalThis.regiaMouth.speak` is true.
 * @param {import("playwright-core").Page} page
 */
export const giveMouth = (page) =>
  page.addInitScript((apart) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext({ sampleRate: 48_000 });
      await context.resume();
      const microphone = new MediaStreamAudioDestinationNode(context);
      const hum = new OscillatorNode(context, { frequency: 220 });
      hum.connect(new GainNode(context, { gain: 0.002 })).connect(microphone);
      hum.start();
      const burst = new AudioBuffer({ length: 480, sampleRate: 48_000 });
      burst.copyToChannel(Float32Array.from({ length: 480 }, (_, n) => 0.6 * Math.min(1, n / 24, (480 - n) / 48) * Math.sin((2 * Math.PI * 2000 * n) / 48_000)), 0);
      const mouth = { speak: false, said: [], ahead: -Infinity };
      globalThis.regiaMouth = mouth;
      let next = 0;
      setInterval(() => {
        const now = performance.timeOrigin + performance.now();
        // Sound is made in blocks; a sample counts as said when its block could have been made at the earliest.
        mouth.ahead = Math.max(mouth.ahead, context.currentTime * 1000 - now);
        if (!mouth.speak) return;
        if (next < context.currentTime) next = context.currentTime + 0.05;
        if (next > context.currentTime + 0.2) return;
        const source = new AudioBufferSourceNode(context, { buffer: burst });
        source.connect(microphone);
        source.start(next);
        mouth.said.push(next * 1000);
        next += apart;
      }, 5);
      return microphone.stream;
    };
  }, APART);

/** Lets the page speak, or be silent. */
export const speak = (page, on) => page.evaluate((on) => (globalThis.regiaMouth.speak = on), on);

/** When each burst was said, in milliseconds. */
export const said = (page) => page.evaluate(() => globalThis.regiaMouth.said.map((at) => at - globalThis.regiaMouth.ahead));

/** Listens to a playing element from now on. */
export const listen = (page, selector) =>
  page.evaluate(async (selector) => {
    const context = new AudioContext({ sampleRate: 48_000 });
    await context.resume();
    const SIZE = 256;
    const ear = { heard: [], behind: Infinity, frames: 0, quietSince: 0 };
    globalThis.regiaEar = ear;
    const worker = context.createScriptProcessor(SIZE, 1, 1);
    worker.onaudioprocess = ({ inputBuffer }) => {
      const now = performance.timeOrigin + performance.now();
      ear.behind = Math.min(ear.behind, now - ear.frames / 48);
      inputBuffer.getChannelData(0).forEach((sample, n) => {
        if (Math.abs(sample) < 0.1) return;
        const at = ear.frames + n;
        if (at - ear.quietSince > 9600) ear.heard.push(at / 48);
        ear.quietSince = at;
      });
      ear.frames += SIZE;
    };
    context.createMediaStreamSource(document.querySelector(selector).srcObject).connect(worker).connect(context.destination);
  }, selector);

/** When each burst was heard, in milliseconds. */
export const heard = (page) => page.evaluate(() => globalThis.regiaEar.heard.map((at) => at + globalThis.regiaEar.behind));
