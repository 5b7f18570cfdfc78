// A picture that is being composed: its layout and sources, or boxes that were placed by hand, and what lies over them. It asks
// for nothing; whoever shows it does.
import { NO_CROP, ordered } from './boxes';
import { boxOf, pictureOf, places, USUAL_INSET } from './layout';
import { tidy } from './graphics';
import {
  LAYOUTS,
  MOST_GRAPHICS,
  type Border,
  type Composition,
  type Fit,
  type Graphic,
  type Inset,
  type Layout,
  type PictureBox,
  type Place,
  type Source,
  type WhenLost,
} from './protocol';

/** Where a box begins that is added by hand. */
const NEW_BOX: Place = { x: 300, y: 300, width: 400, height: 400 };

/** A composition in the making. */
export class Composer {
  layout = $state<Layout>('side_by_side');
  sources = $state.raw<readonly Source[]>([]);
  boxes = $state.raw<readonly PictureBox[]>([]);
  inset = $state.raw<Inset>(USUAL_INSET);
  fit = $state<Fit>('contain');
  border = $state.raw<Border | null>(null);
  whenLost = $state<WhenLost>('slate');
  bugs = $state(false);
  graphics = $state.raw<readonly Graphic[]>([]);
  /** The box that the fields are about. */
  selected = $state(0);
  readonly #all: () => readonly Source[];

  /** `all`: every source that there is, the likeliest first. */
  constructor(all: () => readonly Source[]) {
    this.#all = all;
  }

  /** Begins with a composition, or with a new one. */
  begin(from: Composition = { layout: 'side_by_side' }): void {
    this.layout = from.layout;
    this.sources = from.sources ?? [];
    this.boxes = from.boxes ?? [];
    this.inset = from.inset ?? USUAL_INSET;
    this.fit = from.fit ?? 'contain';
    this.border = from.border ?? null;
    this.whenLost = from.when_lost ?? 'slate';
    this.bugs = from.bugs ?? false;
    this.graphics = from.graphics ?? [];
    this.selected = 0;
    if (this.layout !== 'free') this.setCount(this.sources.length);
  }

  /** Another layout, of the same sources. A free one begins with the boxes as they stand. */
  choose(layout: Layout): void {
    if (layout === this.layout) return;
    if (layout === 'free') {
      this.boxes = pictureOf(this.composition).boxes;
      this.selected = Math.min(this.selected, this.boxes.length - 1);
    } else if (this.layout === 'free') {
      this.sources = this.boxes.map(({ source }) => source);
    }
    this.layout = layout;
    if (layout !== 'free') this.setCount(this.sources.length);
  }

  /** Fewest and most sources, or boxes. */
  get range(): readonly [number, number] {
    return LAYOUTS[this.layout];
  }

  /** As many sources as the layout takes, at best so many: those that are there, then others, none twice. */
  setCount(wanted: number): void {
    const [fewest, most] = this.range;
    const count = Math.min(most, Math.max(fewest, wanted));
    const kept = this.sources.slice(0, count);
    const others = this.#all().filter((source) => !kept.includes(source));
    this.sources = [...kept, ...others.slice(0, count - kept.length)];
  }

  setSource(at: number, source: Source): void {
    this.sources = this.sources.with(at, source);
  }

  get box(): PictureBox | undefined {
    return this.boxes[this.selected];
  }

  /** Changes a box; without a number the selected one. */
  setBox(change: Partial<PictureBox>, at = this.selected): void {
    const box = this.boxes[at];
    if (box !== undefined) this.boxes = this.boxes.with(at, { ...box, ...change });
  }

  addBox(): void {
    const used = this.boxes.map(({ source }) => source);
    const source = this.#all().find((one) => !used.includes(one)) ?? 'slate';
    this.boxes = [...this.boxes, boxOf(source, NEW_BOX)];
    this.selected = this.boxes.length - 1;
  }

  removeBox(): void {
    this.boxes = this.boxes.toSpliced(this.selected, 1);
    this.selected = Math.max(0, Math.min(this.selected, this.boxes.length - 1));
  }

  /** Brings the selected box one to the front (1) or to the back (-1). */
  order(step: number): void {
    const to = Math.min(this.boxes.length - 1, Math.max(0, this.selected + step));
    this.boxes = ordered(this.boxes, this.selected, to);
    this.selected = to;
  }

  addGraphic(graphic: Graphic): void {
    if (this.graphics.length < MOST_GRAPHICS) this.graphics = [...this.graphics, graphic];
  }

  setGraphic(at: number, graphic: Graphic): void {
    this.graphics = this.graphics.with(at, graphic);
  }

  removeGraphic(at: number): void {
    this.graphics = this.graphics.toSpliced(at, 1);
  }

  /** Whether a source stands in it twice, which no picture takes. */
  get twice(): boolean {
    const inside = this.layout === 'free' ? this.boxes.map(({ source }) => source) : this.sources;
    return new Set(inside).size < inside.length;
  }

  /** Whether there is enough for the layout. */
  get complete(): boolean {
    const [fewest, most] = this.range;
    const count = this.layout === 'free' ? this.boxes.length : this.sources.length;
    return count >= fewest && count <= most;
  }

  /** As it is sent. */
  get composition(): Composition {
    const isFree = this.layout === 'free';
    return {
      layout: this.layout,
      ...(isFree ? { boxes: this.boxes.map(trimmed) } : { sources: this.sources }),
      ...(this.layout === 'picture_in_picture' ? { inset: this.inset } : {}),
      ...(!isFree && this.fit === 'cover' ? { fit: this.fit } : {}),
      ...(!isFree && this.border !== null && this.layout !== 'full' ? { border: this.border } : {}),
      ...(this.whenLost === 'close_up' ? { when_lost: this.whenLost } : {}),
      ...(this.bugs ? { bugs: true } : {}),
      ...(this.graphics.length === 0 ? {} : { graphics: this.graphics.map(tidy) }),
    };
  }

  /** The places that the layout has; of a free one those of its boxes. */
  get places(): readonly Place[] {
    return this.layout === 'free' ? this.boxes.map(({ place }) => place) : places(this.layout, this.sources.length, this.inset);
  }
}

/** A box without what is as usual. */
function trimmed({ source, place, crop, fit, border }: PictureBox): PictureBox {
  const cut = crop !== undefined && Object.values(crop).some((side) => side > 0);
  return {
    source,
    place,
    ...(cut ? { crop: { ...NO_CROP, ...crop } } : {}),
    ...(fit === 'cover' ? { fit } : {}),
    ...(border == null ? {} : { border }),
  };
}
