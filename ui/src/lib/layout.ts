// How sources are arranged in a picture: the same boxes as the server's layouts make, so that a picture is seen before it is
// asked for. Pure. Places are thousandths of the picture.
import {
  INSET,
  type Border,
  type Composition,
  type Fit,
  type Inset,
  type Layout,
  type Picture,
  type PictureBox,
  type Place,
  type Source,
} from './protocol';

/** The whole picture. */
export const FULL: Place = { x: 0, y: 0, width: 1000, height: 1000 };

/** Where the small picture of a picture in picture stands if nothing is said. */
export const USUAL_INSET: Inset = { corner: 'bottom_right', size: INSET.usual };

/** What is free between the small picture and the edge. */
const MARGIN = 40;

const rect = (x: number, y: number, width: number, height: number): Place => ({ x, y, width, height });

/** All of a source in a place, without a border. */
export const boxOf = (source: Source, place: Place): PictureBox => ({ source, place });

const isFull = (place: Place) => place.width === 1000 && place.height === 1000;

/** The places of so many sources, in their order; none for a free layout. */
export function places(layout: Layout, count: number, inset: Inset = USUAL_INSET): Place[] {
  switch (layout) {
    case 'full':
      return [FULL];
    case 'side_by_side':
      return [rect(0, 250, 500, 500), rect(500, 250, 500, 500)];
    case 'picture_in_picture':
      return [FULL, insetPlace(inset)];
    case 'one_large':
      return [rect(0, 150, 700, 700), ...[0, 1, 2].map((n) => rect(700, 50 + 300 * n, 300, 300))].slice(0, count);
    case 'grid':
      return grid(count);
    case 'free':
      return [];
  }
}

function insetPlace({ corner, size }: Inset): Place {
  const far = 1000 - MARGIN - size;
  const x = corner === 'top_left' || corner === 'bottom_left' ? MARGIN : far;
  const y = corner === 'top_left' || corner === 'top_right' ? MARGIN : far;
  return rect(x, y, size, size);
}

/** Rows of equal boxes, as square as can be; a row that is not full stands in the middle. */
function grid(count: number): Place[] {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const side = Math.floor(1000 / columns);
  const top = Math.floor((1000 - side * rows) / 2);
  return Array.from({ length: count }, (_, n) => {
    const row = Math.floor(n / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = Math.floor((1000 - side * inRow) / 2);
    return rect(left + side * (n % columns), top + side * row, side, side);
  });
}

/** The picture that a composition makes, as far as it is one. */
export function pictureOf(composition: Composition): Picture {
  const { layout, sources = [], boxes = [], inset, fit, border, when_lost, bugs, graphics } = composition;
  const arranged = () => {
    const all = places(layout, sources.length, inset);
    return sources.flatMap((source, n) => (all[n] === undefined ? [] : [dressed(boxOf(source, all[n]), fit, border)]));
  };
  return {
    boxes: layout === 'free' ? boxes : arranged(),
    ...(graphics === undefined || graphics.length === 0 ? {} : { graphics }),
    ...(bugs === true ? { bugs } : {}),
    ...(when_lost === 'close_up' ? { closes_up: layout } : {}),
  };
}

function dressed(box: PictureBox, fit: Fit | undefined, border: Border | null | undefined): PictureBox {
  const framed = border != null && !isFull(box.place);
  return { ...box, ...(fit === 'cover' ? { fit } : {}), ...(framed ? { border } : {}) };
}

/** What a picture is made from: box by box, or the layout that it closes up in, if that makes it. */
export function compositionOf(picture: Picture): Composition {
  const { boxes, graphics, bugs, closes_up } = picture;
  const over = {
    ...(graphics === undefined || graphics.length === 0 ? {} : { graphics }),
    ...(bugs === true ? { bugs } : {}),
    ...(closes_up == null ? {} : { when_lost: 'close_up' as const }),
  };
  const [only] = boxes;
  if (boxes.length === 1 && only !== undefined && same(only, boxOf(only.source, FULL))) {
    return { layout: 'full', sources: [only.source], ...over };
  }
  if (closes_up != null && closes_up !== 'free') {
    const last = boxes.at(-1);
    const laid: Composition = {
      layout: closes_up,
      sources: boxes.map((box) => box.source),
      ...(last?.fit === 'cover' ? { fit: last.fit } : {}),
      ...(last?.border == null ? {} : { border: last.border }),
      ...over,
    };
    if (same(pictureOf(laid).boxes, boxes)) return laid;
  }
  return { layout: 'free', boxes, ...over };
}

/** Whether two values are the same; the order of fields does not count, nor do those that are absent or `null`. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b || (a == null && b == null)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) => same(left[name], right[name]));
}
