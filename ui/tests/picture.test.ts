import { describe, expect, it } from 'vitest';
import { contentOf, moved, ordered, sized, typed } from '../src/lib/boxes';
import { Composer } from '../src/lib/composer.svelte';
import { boxOf, compositionOf, FULL, pictureOf, places, same } from '../src/lib/layout';
import { headline, nameOf, onlySource, sourceGroups, tallyOf } from '../src/lib/picture';
import { LAYOUTS, type Composition, type Layout, type Source } from '../src/lib/protocol';
import { full, view } from './show';

const cities = (count: number): Source[] => Array.from({ length: count }, (_, n): Source => `city:c${n}`);
const box = (source: Source, x: number, y: number, width: number, height: number) => boxOf(source, { x, y, width, height });
const words = { slate: 'Cartello', black: 'Nero', bars: 'Barre', colour: 'Colore' };

describe('layouts', () => {
  it('have the places of the server’s layouts', () => {
    expect(places('full', 1)).toEqual([FULL]);
    expect(places('side_by_side', 2)).toEqual([
      { x: 0, y: 250, width: 500, height: 500 },
      { x: 500, y: 250, width: 500, height: 500 },
    ]);
    expect(places('picture_in_picture', 2)[1]).toEqual({ x: 680, y: 680, width: 280, height: 280 });
    expect(places('picture_in_picture', 2, { corner: 'top_left', size: 500 })[1]).toEqual({ x: 40, y: 40, width: 500, height: 500 });
    expect(places('picture_in_picture', 2, { corner: 'top_right', size: 100 })[1]).toEqual({ x: 860, y: 40, width: 100, height: 100 });
    expect(places('one_large', 3)).toEqual([
      { x: 0, y: 150, width: 700, height: 700 },
      { x: 700, y: 50, width: 300, height: 300 },
      { x: 700, y: 350, width: 300, height: 300 },
    ]);
    expect(places('grid', 3)).toEqual([
      { x: 0, y: 0, width: 500, height: 500 },
      { x: 500, y: 0, width: 500, height: 500 },
      { x: 250, y: 500, width: 500, height: 500 },
    ]);
    expect(places('grid', 5)[3]).toEqual({ x: 167, y: 500, width: 333, height: 333 });
  });

  it('of every number of sources stay in the picture, keep its shape and do not overlap', () => {
    for (const [layout, [fewest, most]] of Object.entries(LAYOUTS) as [Layout, readonly [number, number]][]) {
      if (layout === 'free' || layout === 'picture_in_picture') continue;
      for (let count = fewest; count <= most; count++) {
        const all = places(layout, count);
        expect(all).toHaveLength(count);
        all.forEach((a, n) => {
          expect(a.width).toBe(a.height);
          expect(a.x + a.width <= 1000 && a.y + a.height <= 1000).toBe(true);
          const apart = all.slice(0, n).every((b) => a.x >= b.x + b.width || b.x >= a.x + a.width || a.y >= b.y + b.height || b.y >= a.y + a.height);
          expect(apart, `${layout} of ${count}`).toBe(true);
        });
      }
    }
  });

  it('dress their boxes as set, but put no border around the whole picture', () => {
    const border = { width: 6, colour: '#ffffff' };
    const { boxes } = pictureOf({ layout: 'picture_in_picture', sources: cities(2), fit: 'cover', border });
    expect(boxes.map((one) => [one.fit, one.border])).toEqual([
      ['cover', undefined],
      ['cover', border],
    ]);
  });

  it('a picture is its own composition', () => {
    const compositions: Composition[] = [
      { layout: 'full', sources: ['black'] },
      { layout: 'grid', sources: cities(5) },
      { layout: 'grid', sources: cities(5), when_lost: 'close_up', bugs: true },
      { layout: 'free', boxes: [box('bars', 10, 10, 300, 200)], graphics: [{ template: 'bug', fields: {} }] },
    ];
    for (const composition of compositions) {
      const picture = pictureOf(composition);
      expect(pictureOf(compositionOf(picture))).toEqual(picture);
    }
    expect(compositionOf(pictureOf(compositions[2] ?? { layout: 'full' }))).toEqual(compositions[2]);
    expect(compositionOf(full('city:roma'))).toEqual({ layout: 'full', sources: ['city:roma'] });
  });

  it('what is absent and what is null are the same', () => {
    expect(same({ a: 1, b: null }, { a: 1 }) && same([1, { c: 2 }], [1, { c: 2 }])).toBe(true);
    expect(same({ a: 1 }, { a: 2 }) || same([1], [1, 2]) || same(null, 0)).toBe(false);
  });
});

describe('boxes under a hand', () => {
  it('stay in the picture, wherever they are moved', () => {
    const place = { x: 100, y: 100, width: 400, height: 300 };
    expect(moved(place, 9_000, -9_000)).toEqual({ x: 600, y: 0, width: 400, height: 300 });
    expect(moved(place, 12.4, 3.6)).toEqual({ x: 112, y: 104, width: 400, height: 300 });
    expect(sized(place, 9_000, -9_000)).toEqual({ x: 100, y: 100, width: 900, height: 40 });
  });

  it('a number that is typed gives what does not fit any more less room', () => {
    const place = { x: 600, y: 0, width: 400, height: 400 };
    expect(typed(place, 'width', 700)).toEqual({ x: 300, y: 0, width: 700, height: 400 });
    expect(typed(place, 'height', 0)).toEqual({ x: 600, y: 0, width: 400, height: 1 });
    expect(typed(place, 'x', -5)).toEqual({ x: 0, y: 0, width: 400, height: 400 });
  });

  it('go to the front and to the back', () => {
    expect(ordered(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(ordered(['a', 'b', 'c'], 2, -1)).toEqual(['c', 'a', 'b']);
  });

  it('show all of a source, or fill themselves with it', () => {
    expect(contentOf(box('bars', 0, 0, 500, 500))).toEqual({ x: 0, y: 0, width: 100, height: 100 });
    expect(contentOf(box('bars', 0, 0, 500, 1000))).toEqual({ x: 0, y: 25, width: 100, height: 50 });
    expect(contentOf({ ...box('bars', 0, 0, 500, 500), crop: { left: 250, right: 250, top: 0, bottom: 0 } })).toEqual({ x: 25, y: 0, width: 50, height: 100 });
    expect(contentOf({ ...box('bars', 0, 0, 500, 1000), fit: 'cover' })).toEqual({ x: 0, y: 0, width: 100, height: 100 });
  });
});

describe('the composer', () => {
  const composer = () => new Composer(() => ['city:lecce', 'city:roma', 'city:genova', 'slate', 'black', 'bars']);

  it('fills a layout with sources, none twice', () => {
    const one = composer();
    one.begin();
    expect(one.composition).toEqual({ layout: 'side_by_side', sources: ['city:lecce', 'city:roma'] });
    one.setSource(0, 'city:genova');
    one.choose('one_large');
    expect(one.sources).toEqual(['city:genova', 'city:roma', 'city:lecce']);
    one.setSource(0, 'city:roma');
    expect(one.twice).toBe(true);
  });

  it('a free layout begins with the boxes as they stand, and a layout with their sources', () => {
    const one = composer();
    one.begin({ layout: 'picture_in_picture', sources: ['city:lecce', 'bars'], inset: { corner: 'top_left', size: 200 } });
    one.choose('free');
    expect(one.composition).toEqual({ layout: 'free', boxes: [box('city:lecce', 0, 0, 1000, 1000), box('bars', 40, 40, 200, 200)] });
    one.addBox();
    expect(one.box?.source).toBe('city:roma');
    one.order(-1);
    expect([one.selected, one.boxes.map(({ source }) => source)]).toEqual([1, ['city:lecce', 'city:roma', 'bars']]);
    one.choose('grid');
    expect(one.sources).toEqual(['city:lecce', 'city:roma', 'bars']);
  });

  it('sends only what is not as usual', () => {
    const one = composer();
    one.begin({ layout: 'free', boxes: [{ ...box('bars', 0, 0, 500, 500), crop: { left: 0, right: 0, top: 0, bottom: 0 }, fit: 'contain', border: null }] });
    expect(one.composition).toEqual({ layout: 'free', boxes: [box('bars', 0, 0, 500, 500)] });
    one.whenLost = 'close_up';
    one.bugs = true;
    one.addGraphic({ template: 'lower-third', fields: { title: ' Roma ', subtitle: '' } });
    expect(one.composition).toMatchObject({ when_lost: 'close_up', bugs: true, graphics: [{ template: 'lower-third', fields: { title: 'Roma' } }] });
  });
});

describe('sources', () => {
  it('have names, also those of the media folder and colours', () => {
    const name = (source: Source) => nameOf(source, view(), words);
    expect((['city:roma', 'clip:pillola', 'still:logo', 'still:gone', 'colour:#ffb020', 'bars', 'slate'] as const).map(name)).toEqual([
      'Roma',
      'Pillola',
      'Logo',
      'gone',
      'Colore #ffb020',
      'Barre',
      'Cartello',
    ]);
  });

  it('are grouped, and groups that are empty are left out', () => {
    expect(sourceGroups(view()).map(({ group }) => group)).toEqual(['cities', 'clips', 'stills', 'others']);
  });

  it('one that is being left is still on air', () => {
    const running = { from: full('bars'), transition: { kind: 'mix', duration_ms: 100 }, reversed: false, progress: { kind: 'hand', done: 1 } } as const;
    expect([tallyOf('bars', view({ running })), tallyOf('city:roma', view()), tallyOf('slate', view())]).toEqual(['program', 'preview', 'off']);
  });

  it('only a plain full picture is one source', () => {
    expect(onlySource(full('city:roma'))).toBe('city:roma');
    expect(onlySource({ ...full('city:roma'), bugs: true })).toBeNull();
    expect(onlySource({ boxes: [box('city:roma', 0, 0, 500, 500)] })).toBeNull();
    expect(headline({ ...full('slate'), graphics: [{ template: 'logo' }, { template: 'title', fields: { title: 'Apertura' } }] })).toBe('Apertura');
  });
});
