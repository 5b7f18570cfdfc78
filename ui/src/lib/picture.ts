// Questions about pictures and sources that need no state.
import type { Composition, Picture, Source, View } from './protocol';

/** The id of the directed channel. */
export const PROGRAM = 'program';

/** The city a source shows, if it shows one. */
export function cityOf(source: Source): string | null {
  return source.startsWith('city:') ? source.slice('city:'.length) : null;
}

/** The source that shows a city. */
export function sourceOf(city: string): Source {
  return `city:${city}`;
}

/** The one source that fills the picture; `null` when there are several boxes or none. */
export function onlySource(picture: Picture): Source | null {
  return picture.boxes.length === 1 ? (picture.boxes[0]?.source ?? null) : null;
}

/** Whether a source stands anywhere in a picture. */
export function shows(picture: Picture, source: Source): boolean {
  return picture.boxes.some((box) => box.source === source);
}

/** The cities of a picture, back to front. */
export function citiesOf(picture: Picture): string[] {
  return picture.boxes.map((box) => cityOf(box.source)).filter((id) => id !== null);
}

/** Words for the sources that are not cities. */
export interface SourceWords {
  readonly slate: string;
  readonly black: string;
}

/** A source's name for people. */
export function nameOf(source: Source, view: View, words: SourceWords): string {
  const id = cityOf(source);
  if (id === null) return source === 'slate' ? words.slate : words.black;
  return view.cities.find((city) => city.id === id)?.name ?? id;
}

/** A picture's name for people: its sources, back to front. */
export function nameOfPicture(picture: Picture, view: View, words: SourceWords): string {
  if (picture.boxes.length === 0) return words.black;
  return picture.boxes.map((box) => nameOf(box.source, view, words)).join(' + ');
}

/** Everything that a box can show, in the order of the tiles. */
export function sourcesOf(view: View): Source[] {
  return [...view.cities.map((city) => sourceOf(city.id)), 'slate', 'black'];
}

/** A city's colour by its place in the show. */
export function colourOf(index: number): string {
  return index < 0 ? 'var(--city-house)' : `var(--city-${(index % 8) + 1})`;
}

/** What a picture is made from, box by box. */
export function compositionOf({ boxes, lower_third }: Picture): Composition {
  return { layout: 'free', boxes, ...(lower_third == null ? {} : { lower_third }) };
}
