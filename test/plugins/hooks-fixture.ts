/** What tests of hooks share. */

import { once } from 'node:events';
import type { ChatMessage } from '../../core/client-api.ts';
import type { Member } from './world.ts';

/** What a hook needs for messages of groups, and to answer them. */
export const may: readonly string[] = ['message.change', 'message.read', 'message.send'];

/** The same, and for private messages. */
export const mayAll: readonly string[] = [...may, 'private.change', 'private.read', 'private.send'];

/** Everything that is told whoever sits at a client, as it is told. */
export function shownTo(member: Member): {
  readonly texts: string[];
  until(text: string): Promise<void>;
} {
  const texts: string[] = [];
  member.on('messageReceived', ({ text }: ChatMessage) => void texts.push(text));
  return {
    texts,
    until: async (text) => {
      while (!texts.includes(text)) await once(member, 'messageReceived');
    },
  };
}

/** A deadline that a busy machine keeps. */
export const patient = '{ deadlineMs: 5000 }';
