import { describe, expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { it as italian } from '../src/i18n/it';
import { lineOf } from '../src/console/journal';
import { Draft } from '../src/lib/draft.svelte';
import { emptyGraphic, fieldFlaw, graphicName, isGood, tidy } from '../src/lib/graphics';
import type { Entry } from '../src/lib/mirror.svelte';
import { troublesOf, warningsOf } from '../src/lib/readiness';
import { FIRST, KINDS, learnt, transitionOf } from '../src/lib/transitions';
import { city, full, media, view } from './show';

const [lowerThird, countdown] = media.templates;

describe('readiness', () => {
  const frozen = { ...city('roma', 'preview'), flaws: ['frozen', 'silent'] as const };
  const silent = { ...city('lecce'), flaws: ['silent'] as const };
  const lost = city('genova', 'off', { state: 'lost', since: 0 });
  const cities = [silent, frozen, lost];
  const preview = { boxes: [...full('city:lecce').boxes, ...full('city:roma').boxes] };

  it('tells the worst of every city of a picture, severe ones first', () => {
    expect(troublesOf(preview, view({ cities })).map((one) => [one.city.id, one.flaw, one.severe])).toEqual([
      ['roma', 'frozen', true],
      ['lecce', 'silent', false],
    ]);
    expect(troublesOf(full('city:genova'), view({ cities })).map(({ flaw }) => flaw)).toEqual(['away']);
    expect(troublesOf(full('bars'), view({ cities }))).toEqual([]);
  });

  it('warns of what a take would be a mistake for, unless it is set not to', () => {
    const settings = view().settings;
    expect(warningsOf(view({ cities, preview })).map((one) => one.city.id)).toEqual(['roma']);
    expect(warningsOf(view({ cities, preview, settings: settings && { ...settings, readiness: 'off' } }))).toEqual([]);
  });
});

describe('transitions', () => {
  it('a kind comes with what was chosen with it last', () => {
    let choices = learnt(FIRST, { kind: 'wipe', duration_ms: 700, pattern: 'clock', softness: 100 });
    choices = learnt(choices, { kind: 'dip', duration_ms: 300, colour: '#ffffff' });
    expect(transitionOf('wipe', choices, [])).toEqual({ kind: 'wipe', duration_ms: 300, pattern: 'clock', softness: 100 });
    expect(transitionOf('cut', choices, [])).toEqual({ kind: 'cut' });
    expect(KINDS.filter((kind) => transitionOf(kind, choices, []) === null)).toEqual(['stinger']);
  });

  it('a stinger runs as long as it was made, and cuts within', () => {
    expect(transitionOf('stinger', FIRST, media.stingers)).toEqual({ kind: 'stinger', duration_ms: 1200, stinger: 'sigla', cut_ms: 600 });
    const choices = learnt(FIRST, { kind: 'stinger', duration_ms: 1000, stinger: 'sigla', cut_ms: 900 });
    expect(transitionOf('stinger', { ...choices, duration_ms: 500 }, media.stingers)).toMatchObject({ cut_ms: 500 });
  });
});

describe('graphics', () => {
  const graphic = { template: 'lower-third', fields: { title: ' Anna ', subtitle: '' } };

  it('are sent without what is empty', () => {
    expect(tidy(graphic)).toEqual({ template: 'lower-third', fields: { title: 'Anna' } });
  });

  it('are judged as the server judges them', () => {
    expect(isGood(graphic, media.templates, media.stills)).toBe(true);
    expect(isGood({ template: 'lower-third' }, media.templates, media.stills)).toBe(false);
    expect(isGood({ template: 'gone' }, media.templates, media.stills)).toBe(false);
    const [until, , image] = countdown?.fields ?? [];
    const judged = (value: string) => (until === undefined ? null : fieldFlaw(until, value, []));
    expect(['21:30:00', '05:00', '99:59', '5:00', '05:60', 'x', ''].map(judged)).toEqual([null, null, null, 'time', 'time', 'time', 'required']);
    expect(image && [fieldFlaw(image, 'logo', media.stills), fieldFlaw(image, 'gone', media.stills)]).toEqual([null, 'image']);
  });

  it('are named by their template and what they say, in both languages', () => {
    expect(graphicName(graphic, media.templates, 'en')).toBe('Lower third: Anna');
    expect(graphicName({ template: 'gone' }, media.templates, 'it')).toBe('gone');
  });

  it('what is written stays when somebody else sets something, and is followed when it was sent', () => {
    const draft = new Draft();
    draft.follow(null);
    draft.choose(lowerThird);
    draft.graphic = { template: 'lower-third', fields: { title: 'Anna' } };
    draft.follow({ template: 'lower-third', fields: { title: 'Bea' } });
    expect(draft.graphic.fields).toEqual({ title: 'Anna' });
    draft.follow({ template: 'lower-third', fields: { title: 'Anna' } });
    draft.follow(null);
    expect(draft.graphic).toBeNull();
    draft.choose(countdown);
    expect(draft.graphic).toEqual(countdown && emptyGraphic(countdown));
    expect(emptyGraphic(countdown ?? { id: '', name: '', name_en: '', fields: [] }).fields).toEqual({ colour: '#ffb020' });
  });
});

describe('the log', () => {
  const entry = (event: Entry['event'], actor = 'operator:Anna'): Entry => ({ id: 1, number: 1, turn: 1, time: 0, actor, event }) as unknown as Entry;
  const line = (event: Entry['event'], actor?: string) => lineOf(entry(event, actor), view(), italian, 'it');

  it('names how a picture came', () => {
    const wipe = { kind: 'wipe', duration_ms: 1500, pattern: 'right', softness: 0 } as const;
    expect(line({ event: 'program_changed', picture: full('city:roma'), transition: wipe, by_hand: true })).toEqual({
      name: 'Roma',
      note: 'tendina 1,5 s · a mano · Anna',
      onAir: true,
      bad: false,
    });
  });

  it('names what was wrong, and what became of it', () => {
    expect(line({ event: 'city_measured', city: 'roma', flaws: ['frozen', 'silent'] }, 'house')).toMatchObject({
      name: 'Roma',
      note: 'immagine ferma · nessun suono',
      bad: true,
    });
    expect(line({ event: 'program_guarded', picture: full('slate'), instead_of: full('city:roma') }, 'house')).toMatchObject({
      name: 'Cartello',
      note: 'di riserva per Roma',
    });
    expect(line({ event: 'faded_to_black', on: true })?.name).toBe('Programma al nero');
    expect(line({ event: 'keyer_changed', number: 2, keyer: { on: true, graphic: { template: 'lower-third', fields: { title: 'Anna' } } } })).toMatchObject({
      name: 'Grafica 2',
      note: 'Anna · Anna',
      onAir: true,
    });
    expect(line({ event: 'media_read', media: { ...media, flaws: [{ file: 'a.svg', why: 'line 3' }] } }, 'house')?.note).toBe('5 file letti, 1 non vanno');
    expect(line({ event: 'transition_ended' })).toBeNull();
  });

  it('every alarm has a sentence in both languages', () => {
    for (const alarm of ['store_failing', 'recovered', 'program_guarded', 'program_failed', 'encoder_failed', 'silence', 'clipping', 'loudness', 'loop'] as const) {
      expect([typeof italian.alarm[alarm], typeof en.alarm[alarm]]).toEqual(['string', 'string']);
    }
  });
});
