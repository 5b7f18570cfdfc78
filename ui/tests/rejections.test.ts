import { readFileSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { it as italian } from '../src/i18n/it';

const ROOT = fileURLToPath(new URL('../../src/', import.meta.url));

/** Every Rust file below a folder of the server. */
function sources(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`).flatMap((name) => {
    const path = `${folder}/${name}`;
    return statSync(`${ROOT}${path}`).isDirectory() ? sources(path) : path.endsWith('.rs') ? [readFileSync(`${ROOT}${path}`, 'utf8')] : [];
  });
}

/** The stable words in the server's two tables of refusals, and in those for bodies that hold no request. */
function codes(): Set<string> {
  const show = readFileSync(`${ROOT}show/rejection.rs`, 'utf8');
  const inShow = [...show.slice(show.indexOf('fn code(')).matchAll(/=> "([a-z-]+)"/g)];
  const http = sources('http');
  const inHttp = http.flatMap((text) => [...text.matchAll(/\(S::[A-Z_]+, "([a-z-]+)"\)/g)]);
  const malformed = http.flatMap((text) => [...text.matchAll(/Self::(?:NotJson|Unknown\w+|Bad\w+)\([^)]*\) => "([a-z-]+)"/g)]);
  return new Set([...inShow, ...inHttp, ...malformed].map((found) => found[1] ?? ''));
}

describe('refusals', () => {
  it('every stable word of the server has a sentence in both languages', () => {
    const all = codes();
    expect(all.size).toBeGreaterThan(60);
    expect([...all].filter((code) => !(code in italian.rejection) || !(code in en.rejection))).toEqual([]);
  });

  it('both languages have the same', () => {
    expect(Object.keys(en.rejection).toSorted()).toEqual(Object.keys(italian.rejection).toSorted());
    expect(Object.keys(en.deed).toSorted()).toEqual(Object.keys(italian.deed).toSorted());
  });
});
