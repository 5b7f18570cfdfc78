import { expect, test } from 'vitest';
import { Meters, parseFrame } from '../src/lib/meters';

/** A frame as the server writes it: little endian, hundredths of a dB. */
function frame(map: number, strips: readonly number[][], mixes: readonly number[][]): ArrayBuffer {
  const figures = [...strips.flat(), ...mixes.flat()];
  const view = new DataView(new ArrayBuffer(16 + figures.length * 2));
  view.setUint8(0, 1);
  view.setUint16(2, strips.length, true);
  view.setUint16(4, mixes.length, true);
  view.setUint32(8, map, true);
  figures.forEach((figure, n) => view.setInt16(16 + 2 * n, figure, true));
  return view.buffer as ArrayBuffer;
}

test('a frame is read in the order of its map', () => {
  const meters = new Meters(() => undefined);
  meters.know(7, ['city:roma'], ['program', 'return:roma']);
  const roma = [-2000, -12000, -1990, -12000, -2300, -12000, 0, 350];
  const program = [-1000, -1100, -950, -1050, -2000, -2100, 0, 0, -2300, -2250, -2310, 400];
  const back = [-12000, -12000, -12000, -12000, -12000, -12000, 0, 0, -32768, -32768, -32768, -32768];
  meters.take(frame(7, [roma], [program, back]));
  expect(meters.of('city:roma')).toEqual({ peak: [-20, -120], truePeak: -19.9, reduction: 3.5 });
  expect(meters.loudness('program')).toEqual({ momentary: -23, shortTerm: -22.5, integrated: -23.1, range: 4, truePeak: -9.5 });
  expect(meters.loudness('return:roma')).toBeNull();
  meters.take(frame(8, [], []));
  expect(meters.of('program')?.peak).toEqual([-10, -11]);
});

/** So many bytes, the first of which is the version. */
function frameOf(version: number, length: number): ArrayBuffer {
  const bytes = new Uint8Array(length);
  bytes[0] = version;
  return bytes.buffer;
}

test('what is no frame is passed over', () => {
  expect(parseFrame(new ArrayBuffer(15))).toBeNull();
  expect(parseFrame(frameOf(9, 16))).toBeNull();
  expect(parseFrame(frameOf(1, 17))).toBeNull();
});

test('readings are asked for while somebody wants them', () => {
  const asked: boolean[] = [];
  const meters = new Meters((on) => asked.push(on));
  const [first, second] = [meters.want(), meters.want()];
  first();
  second();
  expect(asked).toEqual([true, false]);
});
