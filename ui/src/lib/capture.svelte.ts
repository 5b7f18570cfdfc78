// Camera and microphone of this device: asks for them, changes them, silences them, lets go of them. It knows nothing of
// the network.
import { Insecure } from './whip.svelte';

/** The camera wanted: one by its id, or on phones one by where it looks. */
export type Camera = { readonly id: string } | { readonly facing: 'user' | 'environment' };

const video = (camera: Camera): MediaTrackConstraints => ({
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30, max: 30 },
  ...('id' in camera ? { deviceId: { exact: camera.id } } : { facingMode: camera.facing }),
});

/** What the browser does to the sound. */
export type Tuning =
  /** A room with a loudspeaker: noise suppression would take its music and applause for noise. */
  | 'room'
  /** A mixer, an instrument, a voice with headphones: as it is, in stereo. */
  | 'plain'
  /** A voice before a loudspeaker. */
  | 'voice';

const TUNINGS: Readonly<Record<Tuning, MediaTrackConstraints>> = {
  room: { echoCancellation: true, autoGainControl: true, noiseSuppression: false },
  plain: { echoCancellation: false, autoGainControl: false, noiseSuppression: false, channelCount: { ideal: 2 } },
  voice: { echoCancellation: true, autoGainControl: true, noiseSuppression: true },
};

const audio = (microphone: string | null, tuning: Tuning): MediaTrackConstraints => ({
  ...TUNINGS[tuning],
  ...(microphone === null ? {} : { deviceId: { exact: microphone } }),
});

/** What a page begins with. */
export interface CaptureOptions {
  /** Whether there is a picture at first. */
  readonly picture?: boolean;
  readonly tuning?: Tuning;
}

/** The devices of one page. */
export class Capture {
  stream = $state.raw<MediaStream | null>(null);
  cameras = $state.raw<readonly MediaDeviceInfo[]>([]);
  microphones = $state.raw<readonly MediaDeviceInfo[]>([]);
  camera = $state.raw<Camera>({ facing: 'environment' });
  microphone = $state<string | null>(null);
  tuning = $state<Tuning>('room');
  /** Whether a camera is wanted at all. */
  picture = $state(true);
  pictureOff = $state(false);
  soundOff = $state(false);
  /** Where the open camera looks, on devices that know. */
  facing = $state<string | null>(null);

  /** Told about every track that replaces another one while the stream is open. */
  readonly #onreplaced: (track: MediaStreamTrack) => Promise<void>;
  /** Told when a device went away and no other could take its place. */
  readonly #onlost: (error: unknown) => void;
  #opening: Promise<MediaStream> | null = null;
  /** Counts what was let go of, so that a permission given too late opens nothing. */
  #closed = 0;

  constructor(
    onreplaced: (track: MediaStreamTrack) => Promise<void>,
    onlost: (error: unknown) => void,
    { picture = true, tuning = 'room' }: CaptureOptions = {},
  ) {
    this.#onreplaced = onreplaced;
    this.#onlost = onlost;
    this.picture = picture;
    this.tuning = tuning;
  }

  /** The stream, opened if it is not yet. It throws what the browser throws, and `Insecure` where there are no devices. */
  open(): Promise<MediaStream> {
    if (this.stream !== null) return Promise.resolve(this.stream);
    this.#opening ??= this.#open().finally(() => (this.#opening = null));
    return this.#opening;
  }

  async #open(): Promise<MediaStream> {
    const closed = this.#closed;
    const picture = this.picture ? { video: video(this.camera) } : {};
    const stream = await ask({ ...picture, audio: audio(this.microphone, this.tuning) });
    if (closed !== this.#closed) {
      for (const track of stream.getTracks()) track.stop();
      throw new DOMException('let go', 'AbortError');
    }
    for (const track of stream.getTracks()) this.#adopt(track);
    this.stream = stream;
    await this.list();
    return stream;
  }

  /** Lets go of the devices, so that their light goes out. */
  close(): void {
    this.#closed += 1;
    this.#opening = null;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.pictureOff = this.soundOff = false;
  }

  async chooseCamera(camera: Camera): Promise<void> {
    this.camera = camera;
    await this.#change('video');
  }

  async chooseMicrophone(id: string | null, tuning: Tuning = this.tuning): Promise<void> {
    this.microphone = id;
    this.tuning = tuning;
    await this.#change('audio');
  }

  togglePicture(): void {
    this.pictureOff = !this.pictureOff;
    for (const track of this.stream?.getVideoTracks() ?? []) track.enabled = !this.pictureOff;
  }

  toggleSound(): void {
    this.soundOff = !this.soundOff;
    for (const track of this.stream?.getAudioTracks() ?? []) track.enabled = !this.soundOff;
  }

  /** Reads which devices there are. Their names are known once one was allowed. */
  async list(): Promise<void> {
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const named = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== '');
    this.cameras = named('videoinput');
    this.microphones = named('audioinput');
  }

  async #change(kind: 'video' | 'audio'): Promise<void> {
    const stream = this.stream;
    if (stream === null) return;
    try {
      // Phones have one camera open at a time, so the old one goes first.
      for (const old of stream.getTracks().filter((track) => track.kind === kind)) {
        old.onended = null;
        old.stop();
        stream.removeTrack(old);
      }
      const wanted = kind === 'video' ? { video: video(this.camera) } : { audio: audio(this.microphone, this.tuning) };
      const track = (await ask(wanted)).getTracks()[0];
      if (track === undefined) return;
      if (this.stream !== stream) return track.stop();
      stream.addTrack(track);
      this.#adopt(track);
      await this.#onreplaced(track);
    } catch (error) {
      this.close();
      this.#onlost(error);
    }
  }

  #adopt(track: MediaStreamTrack): void {
    track.enabled = !(track.kind === 'video' ? this.pictureOff : this.soundOff);
    if (track.kind === 'video') this.facing = track.getSettings().facingMode ?? null;
    // A device that was pulled out, or that a phone call took: any other one is better than none.
    track.onended = () => {
      if (track.kind === 'video') void this.chooseCamera({ facing: this.facing === 'user' ? 'user' : 'environment' });
      else void this.chooseMicrophone(null);
    };
  }
}

async function ask(wanted: MediaStreamConstraints): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) throw new Insecure('navigator.mediaDevices');
  return navigator.mediaDevices.getUserMedia(wanted);
}
