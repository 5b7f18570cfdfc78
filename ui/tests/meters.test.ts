import { expect, test } from 'vitest';
import { Meters, parseFrame } from '../src/lib/meters';

/** A frame as the server writes it: version, measured mixes, map, then hundredths, big-endian. */
function frame(map: number, measured: readonly number[][], readings: readonly number[][]): ArrayBuffer {
  const figures = [...measured.flat(), ...readings.flat()];
  const view = new DataView(new ArrayBuffer(4 + figures.length * 2));
  view.setUint8(0, 1);
  view.setUint8(1, measured.length);
  view.setUint16(2, map);
  figures.forEach((figure, n) => view.setInt16(4 + 2 * n, figure));
  return view.buffer as ArrayBuffer;
}

test('a frame is read in the order of its map', () => {
  const meters = new Meters(() => undefined);
  meters.know(7, ['program', 'city:roma']);
  const readings = [
    [-1000, -1100, -950, 0],
    [-2000, -12000, -1990, 350],
  ];
  meters.take(frame(7, [[-2300, -2250, -32768, 400]], readings));
  expect(meters.of('city:roma')).toEqual({ peak: [-20, -120], truePeak: -19.9, reduction: 3.5 });
  expect(meters.loudness('program')).toEqual({ momentary: -23, shortTerm: -22.5, integrated: null, range: 4, truePeak: -9.5 });
  meters.take(frame(8, [], [[0, 0, 0, 0]]));
  expect(meters.of('program')?.peak).toEqual([-10, -11]);
});

test('what is no frame is passed over', () => {
  expect(parseFrame(new ArrayBuffer(3))).toBeNull();
  expect(parseFrame(new Uint8Array([9, 0, 0, 0]).buffer)).toBeNull();
  expect(parseFrame(new Uint8Array([1, 1, 0, 0]).buffer)).toBeNull();
  expect(parseFrame(new Uint8Array([1, 0, 0, 0, 5]).buffer)).toBeNull();
});

test('readings are asked for while somebody wants them', () => {
  const asked: boolean[] = [];
  const meters = new Meters((on) => asked.push(on));
  const [first, second] = [meters.want(), meters.want()];
  first();
  second();
  expect(asked).toEqual([true, false]);
});
