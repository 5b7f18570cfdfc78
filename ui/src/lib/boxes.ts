// Boxes under a hand: moved, sized, ordered, and what of a source is seen in one. Pure; all in thousandths.
import type { Crop, PictureBox, Place } from './protocol';

/** The shape of the picture and of every camera. */
const ASPECT = 16 / 9;

/** Smallest box that a hand can make: one that can still be grasped. */
export const SMALLEST = 40;

/** Nothing is cut off. */
export const NO_CROP: Crop = { left: 0, top: 0, right: 0, bottom: 0 };

const within = (value: number, least: number, most: number) => Math.min(most, Math.max(least, Math.round(value)));

/** The place moved by so much; it stays in the picture. */
export function moved(place: Place, dx: number, dy: number): Place {
  return {
    ...place,
    x: within(place.x + dx, 0, 1000 - place.width),
    y: within(place.y + dy, 0, 1000 - place.height),
  };
}

/** The place with its bottom right corner moved; it stays in the picture. */
export function sized(place: Place, dx: number, dy: number): Place {
  return {
    ...place,
    width: within(place.width + dx, Math.min(SMALLEST, place.width), 1000 - place.x),
    height: within(place.height + dy, Math.min(SMALLEST, place.height), 1000 - place.y),
  };
}

/** The place with one of its numbers typed; what does not fit in the picture gives way. */
export function typed(place: Place, field: keyof Place, value: number): Place {
  const next = { ...place, [field]: value };
  const width = within(next.width, 1, 1000);
  const height = within(next.height, 1, 1000);
  return { width, height, x: within(next.x, 0, 1000 - width), y: within(next.y, 0, 1000 - height) };
}

/** One more or less of the list's way, to the front or to the back. */
export function ordered<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [taken] = next.splice(from, 1);
  if (taken !== undefined) next.splice(within(to, 0, next.length), 0, taken);
  return next;
}

/** Where in its box a source is seen, in percent of the box: all of it with `contain`, else in the whole box. */
export function contentOf({ place, crop, fit }: PictureBox): { x: number; y: number; width: number; height: number } {
  if (fit === 'cover') return { x: 0, y: 0, width: 100, height: 100 };
  const { left, top, right, bottom } = crop ?? NO_CROP;
  const source = (ASPECT * (1000 - left - right)) / (1000 - top - bottom);
  const box = (ASPECT * place.width) / place.height;
  const width = source < box ? (source / box) * 100 : 100;
  const height = source > box ? (box / source) * 100 : 100;
  return { x: (100 - width) / 2, y: (100 - height) / 2, width, height };
}
