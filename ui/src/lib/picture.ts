// Questions about pictures and sources that need no state.
import type { Picture, Running, Source, Tally, View } from './protocol';

/** The id of the directed channel. */
export const PROGRAM = 'program';

/** The channels for operators: what stands by, and all of it in one picture. */
export const PREVIEW = 'preview';
export const MULTIVIEW = 'multiview';

type Kind = 'city' | 'cohost' | 'clip' | 'still' | 'colour' | 'bars' | 'slate' | 'black';

/** A source's kind, and what it names. */
export function partsOf(source: Source): { readonly kind: Kind; readonly id: string } {
  const at = source.indexOf(':');
  return at < 0 ? { kind: source as Kind, id: '' } : { kind: source.slice(0, at) as Kind, id: source.slice(at + 1) };
}

/** The city a source shows, if it shows one. */
export function cityOf(source: Source): string | null {
  const { kind, id } = partsOf(source);
  return kind === 'city' ? id : null;
}

/** The source that shows a city. */
export function sourceOf(city: string): Source {
  return `city:${city}`;
}

/** The one source that fills the picture and has nothing over it; `null` for every other picture. */
export function onlySource({ boxes, graphics = [], bugs = false }: Picture): Source | null {
  const [only] = boxes;
  const plain = boxes.length === 1 && graphics.length === 0 && !bugs && only?.place.width === 1000 && only.place.height === 1000;
  return plain && only.crop === undefined ? only.source : null;
}

/** Whether a source stands anywhere in a picture. */
export function shows(picture: Picture, source: Source): boolean {
  return picture.boxes.some((box) => box.source === source);
}

/** The cities of a picture, back to front. */
export function citiesOf(picture: Picture): string[] {
  return picture.boxes.map((box) => cityOf(box.source)).filter((id) => id !== null);
}

/** Whether a source is seen: red also while it is being mixed out. */
export function tallyOf(source: Source, view: { program: Picture; preview: Picture | null; running: Running | null }): Tally {
  if (shows(view.program, source) || (view.running !== null && shows(view.running.from, source))) return 'program';
  return view.preview !== null && shows(view.preview, source) ? 'preview' : 'off';
}

/** Words for the sources that have no name of their own. */
export interface SourceWords {
  readonly slate: string;
  readonly black: string;
  readonly bars: string;
  readonly colour: string;
}

/** A source's name for people. */
export function nameOf(source: Source, view: View, words: SourceWords): string {
  const { kind, id } = partsOf(source);
  const named = (list: readonly { id: string; name: string }[] | null | undefined) => list?.find((one) => one.id === id)?.name ?? id;
  switch (kind) {
    case 'city':
      return named(view.cities);
    case 'cohost':
      return named(view.cohosts);
    case 'clip':
      return named(view.media?.clips);
    case 'still':
      return named(view.media?.stills);
    case 'colour':
      return `${words.colour} ${id}`;
    default:
      return words[kind] ?? source;
  }
}

/** A picture's name for people: its sources, back to front. */
export function nameOfPicture(picture: Picture, view: View, words: SourceWords): string {
  if (picture.boxes.length === 0) return words.black;
  return picture.boxes.map((box) => nameOf(box.source, view, words)).join(' + ');
}

/** A group of sources, as choosers offer them. */
export interface SourceGroup {
  readonly group: 'cities' | 'cohosts' | 'clips' | 'stills' | 'others';
  readonly sources: readonly Source[];
}

/** Everything that a box can show, in the order of the tiles; groups that are empty are left out. A colour is any colour. */
export function sourceGroups(view: View): SourceGroup[] {
  const groups: SourceGroup[] = [
    { group: 'cities', sources: view.cities.map((city) => sourceOf(city.id)) },
    { group: 'cohosts', sources: (view.cohosts ?? []).map(({ id }): Source => `cohost:${id}`) },
    { group: 'clips', sources: (view.media?.clips ?? []).map(({ id }): Source => `clip:${id}`) },
    { group: 'stills', sources: (view.media?.stills ?? []).map(({ id }): Source => `still:${id}`) },
    { group: 'others', sources: ['slate', 'black', 'bars'] },
  ];
  return groups.filter(({ sources }) => sources.length > 0);
}

/** The same as one list. */
export function sourcesOf(view: View): Source[] {
  return sourceGroups(view).flatMap(({ sources }) => sources);
}

/** A city's colour by its place in the show. */
export function colourOf(index: number): string {
  return index < 0 ? 'var(--city-house)' : `var(--city-${(index % 8) + 1})`;
}

/** What a source looks like where its picture is not at hand: a city's own colour, a colour itself. */
export function lookOf(source: Source, view: View): string {
  const { kind, id } = partsOf(source);
  return kind === 'colour' ? id : colourOf(view.cities.findIndex((city) => source === sourceOf(city.id)));
}

/** The line that tells people what a picture is about, if a graphic of it says so. */
export function headline({ graphics = [] }: Picture): string | null {
  return graphics.map(({ fields }) => fields?.['title'] ?? '').find((title) => title !== '') ?? null;
}
