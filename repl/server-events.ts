/** What happens at a server, in words and as data for its log. */

import type { Address } from '../core/client-api.ts';
import type { ServerFact } from '../core/server-api.ts';
import type { Happening } from './event-log.ts';
import { safeText } from './safe-text.ts';

/** What of a happening differs from fact to fact; what is left out is information whose data is the fact itself. */
type Telling = Pick<Happening, 'words'> & Partial<Pick<Happening, 'level' | 'data'>>;

/** For every fact, or undefined for what is no news to an operator. */
type Tellings = {
  readonly [Type in ServerFact['type']]:
    | ((fact: Extract<ServerFact, { readonly type: Type }>) => Telling)
    | undefined;
};

/** What people write stays theirs: of a message only its length is told. */
const tellings: Tellings = {
  clientRegistered: ({ name, address }) => ({
    words: `${safeText(name)} is online from ${safeText(written(address))}`,
    data: { name, address: written(address) },
  }),
  clientDeregistered: ({ name }) => ({ words: `${safeText(name)} went offline` }),
  clientLost: ({ name }) => ({ words: `${safeText(name)} does not answer` }),
  groupCreated: ({ group, by }) => ({ words: `${safeText(by)} created #${safeText(group)}` }),
  groupRemoved: ({ group, by }) => ({ words: `${safeText(by)} removed #${safeText(group)}` }),
  groupJoined: ({ group, by }) => ({ words: `${safeText(by)} joined #${safeText(group)}` }),
  groupMessageSent: ({ group, by, text }) => ({
    // One for each message: more than most want to keep.
    level: 'debug',
    words: `${safeText(by)} wrote ${text.length} characters to #${safeText(group)}`,
    data: { group, by, characters: text.length },
  }),
  privateMessageKept: ({ by, to }) => ({
    level: 'debug',
    words: `${safeText(by)} left a private message for ${safeText(to)}`,
    data: { by, to },
  }),
  // The detail is what a person wrote.
  audited: ({ entry: { by, action, target, group } }) => ({
    words: [`${safeText(by)} did ${action}`, target, group && `in #${group}`]
      .flatMap((part) => (part === undefined ? [] : [safeText(part)]))
      .join(' '),
    data: { by, action, target, group },
  }),
  groupLeft: ({ group, by, reason }) => ({
    words: `${safeText(by)} left #${safeText(group)} (${reason})`,
  }),
  // Answers to questions, and views of what other facts have told.
  groupCreateRefused: undefined,
  groupJoinRefused: undefined,
  groupsListed: undefined,
  membersListed: undefined,
  directoryChanged: undefined,
  groupsChanged: undefined,
};

/** A fact for the log, or undefined for one that is no news to an operator. */
export function happeningOf(fact: ServerFact): Happening | undefined {
  // The table has a function for each type; the lookup loses that they are of the same one.
  const tell = tellings[fact.type] as ((fact: ServerFact) => Telling) | undefined;
  if (tell === undefined) return undefined;
  const { type: event, ...itself } = fact;
  return { event, level: 'info', data: itself, ...tell(fact) };
}

/** An address as people write it. */
export function written({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
