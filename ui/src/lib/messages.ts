// Which messages wait to be read. Pure.
import type { Actor, Message } from './protocol';

const inControl = (actor: Actor): boolean => actor.startsWith('operator:') || actor.startsWith('machine:');

/** Whether a message is for this actor and they have not read it. Operators share one control room. */
export function isUnread(message: Message, actor: Actor): boolean {
  if (actor === '' || message.from === actor || message.read_by.includes(actor)) return false;
  if (inControl(actor)) return message.to === 'director' && !message.read_by.some(inControl);
  return true;
}
