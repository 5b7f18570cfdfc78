// What each role may ask for, as the server judges it: controls that could only be refused are not offered. Pure.
import type { Command, LeaseView, Role } from './protocol';

type Word = Command['type'];

const GRAPHICS: readonly Word[] = ['set_graphic', 'set_keyer'];
const VOICES: readonly Word[] = ['put_on_air', 'take_off_air', 'take_next_caller', 'set_mute'];
const SOUND: readonly Word[] = ['set_strip', 'set_group', 'set_mix', 'play_music', 'stop_music', 'set_music_loop', ...VOICES];
const CALLS: readonly Word[] = [
  'screen_call',
  'note_call',
  'hold_call',
  'queue_call',
  'move_call',
  'hang_up',
  'block_call',
  'unblock_call',
  'lock_calls',
  'refuse_withheld',
  'set_call_kind',
  'dial',
];
const SCREENER: readonly Word[] = ['add_cohost', 'update_cohost', 'move_cohost', 'remove_cohost', ...CALLS, ...VOICES];
const CITY: readonly Word[] = ['acknowledge_cue', 'set_slate_text'];
const TALK: readonly Word[] = ['send_message', 'read_message'];
const HANDS: readonly Word[] = ['undo', 'redo', 'set_solo', 'talk'];

const BY_ROLE: Readonly<Record<Exclude<Role, 'director'>, readonly Word[]>> = {
  sound: [...SOUND, ...TALK, ...HANDS],
  graphics: [...GRAPHICS, ...TALK, ...HANDS],
  screener: [...SCREENER, ...TALK, ...HANDS],
  city: [...CITY, ...TALK],
  cohost: [...TALK, 'set_mute'],
  viewer: [],
};

/** Whether one of the roles may ask for this. The director may ask for everything. */
export function may(roles: readonly Role[], word: Word): boolean {
  return roles.some((role) => role === 'director' || BY_ROLE[role].includes(word));
}

const NEEDS_LEASE: ReadonlySet<Word> = new Set([
  'set_preview',
  'compose',
  'set_transition',
  'cut',
  'cut_to',
  'take',
  'set_t_bar',
  'fade_to_black',
  'recall_scene',
  'set_next',
  'take_next',
  'skip_next',
  'open_evening',
]);

/** Whether only the holder of the lease may ask for it, once there is one. */
export const needsLease = (word: Word): boolean => NEEDS_LEASE.has(word);

/** Who commands program, seen from one actor. */
export type Standing = 'free' | 'mine' | 'other';

/** Whose the lease is. */
export function leaseOf(lease: LeaseView | null, actor: string): Standing {
  const holder = lease?.lease?.holder;
  if (holder === undefined) return 'free';
  return holder === actor ? 'mine' : 'other';
}
