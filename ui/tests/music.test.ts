import { expect, test } from 'vitest';
import { pieces } from '../src/lib/music';
import { media, view } from './show';

const clock = { localMs: (time: number) => time / 1000 };
const music = [
  { id: 'sigla', name: 'Sigla', duration_ms: 30_000 },
  { id: 'tappeto', name: 'Tappeto', duration_ms: 10_000 },
  { id: 'dal-vivo', name: 'Dal vivo', duration_ms: 0 },
];
const s = 1_000_000;

test('what remains is known of a piece, and of the round of one that begins anew', () => {
  const playing = [
    { media: 'sigla', since: 0, ends: 30 * s, loops: false, fades: false },
    { media: 'tappeto', since: 5 * s, ends: null, loops: true, fades: false },
    { media: 'dal-vivo', since: 0, ends: null, loops: false, fades: false },
  ];
  const left = (now: number) => pieces(view({ media: { ...media, music }, playing }), clock, now).map((piece) => piece.leftMs);
  expect(left(12_000)).toEqual([18_000, 3_000, null]);
  expect(left(38_000)).toEqual([0, 7_000, null]);
  expect(pieces(view({ media: { ...media, music }, playing: [] }), clock, 0).map((piece) => piece.leftMs)).toEqual([null, null, null]);
});

test('what plays and is not in the folder any more can still be stopped', () => {
  const playing = [{ media: 'tolta', since: 0, ends: 9 * s, loops: false, fades: false }];
  const last = pieces(view({ media: { ...media, music }, playing }), clock, 0).at(-1);
  expect(last).toMatchObject({ id: 'tolta', name: 'tolta', leftMs: 9000 });
});
