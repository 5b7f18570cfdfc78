// The lines of the log: which happenings people want to read, and in which words. Pure.
import type { Dictionary } from '../i18n/it';
import type { Language } from '../i18n/i18n.svelte';
import { decimal } from '../lib/format';
import { graphicText } from '../lib/graphics';
import type { Entry } from '../lib/mirror.svelte';
import { nameOfParty } from '../lib/names';
import { nameOfPicture } from '../lib/picture';
import type { Picture, Transition, View } from '../lib/protocol';
import { isSevere } from '../lib/readiness';

/** A line, without its hour. */
export interface Line {
  readonly name: string;
  readonly note: string;
  /** Whether it went on air by it. */
  readonly onAir: boolean;
  /** Whether something is wrong. */
  readonly bad: boolean;
}

/** A happening as a line; `null` for what is not worth one. */
export function lineOf({ event, actor }: Entry, view: View, words: Dictionary, language: Language): Line | null {
  const t = words.journal;
  const picture = (shown: Picture) => nameOfPicture(shown, view, words.source);
  const city = (id: string) => view.cities.find((one) => one.id === id)?.name ?? id;
  const who = actor === 'house' ? '' : nameOfParty(actor, view, words.messages);
  const line = (name: string, notes: readonly string[], more: Partial<Line> = {}): Line => ({
    name,
    note: notes.filter(Boolean).join(' · '),
    onAir: false,
    bad: false,
    ...more,
  });
  const how = (transition: Transition) => {
    const kind = words.transition.kinds[transition.kind].toLowerCase();
    return transition.kind === 'cut' ? kind : t.runs(kind, decimal(transition.duration_ms / 1000, 1, language));
  };

  switch (event.event) {
    case 'program_changed':
      return line(picture(event.picture), [how(event.transition), event.by_hand ? t.byHand : '', who], { onAir: true });
    case 'transition_reversed':
      return line(picture(view.program), [t.back, who], { onAir: true });
    case 'program_guarded':
      return line(picture(event.picture), [t.guarded(picture(event.instead_of))], { onAir: true, bad: true });
    case 'faded_to_black':
      return line(event.on ? t.black : t.blackOver, [who]);
    case 'keyer_changed': {
      const { keyer, number } = event;
      const template = view.media?.templates.find(({ id }) => id === keyer.graphic?.template);
      const said = keyer.graphic === null ? '' : graphicText(keyer.graphic, template) || keyer.graphic.template;
      return line(t.keyer(number ?? 1), [keyer.on ? said : t.off, who], { onAir: keyer.on });
    }
    case 'city_changed':
      return line(city(event.city), [words.state[event.state.state]], { bad: event.state.state === 'lost' });
    case 'city_measured': {
      const flaws = event.flaws.map((flaw) => words.readiness.long[flaw]);
      return line(city(event.city), flaws.length === 0 ? [t.good] : flaws, { bad: event.flaws.some(isSevere) });
    }
    case 'media_read': {
      const { stills, clips, music, stingers, templates, flaws } = event.media;
      const read = stills.length + clips.length + music.length + stingers.length + templates.length;
      return line(t.media, [t.mediaRead(read, flaws.length)], { bad: flaws.length > 0 });
    }
    case 'alarm_raised':
      return line(words.alarm.title, [words.alarm[event.alarm.alarm]], { bad: true });
    case 'alarm_cleared':
      return line(words.alarm.title, [t.alarmOver, words.alarm[event.alarm.alarm]]);
    case 'cue_taken':
      return line(view.rundown?.cues.find((cue) => cue.id === event.cue)?.plan.title ?? '', [t.cue, who]);
    case 'lease_changed': {
      const name = event.lease === null ? words.lease.free : nameOfParty(event.lease.holder, view, words.messages);
      return line(name, [t.lease], { bad: event.lease?.link.state === 'lost' });
    }
    default:
      return null;
  }
}
