/** The classic narration: what happens at a server, in the words that the classic profile prints. */

import type { ServerFact } from '../chat/facts.ts';
import type { DirectoryEntry, LeaveReason } from '../chat/types.ts';

type Narrations = {
  readonly [Type in ServerFact['type']]: (
    fact: Extract<ServerFact, { readonly type: Type }>,
  ) => readonly string[];
};

const narrations: Narrations = {
  // Who came and went shows in the table, which follows as a fact of its own.
  clientRegistered: () => [],
  clientDeregistered: () => [],
  clientLost: () => [],
  directoryChanged: ({ entries }) => [say('Client table updated.'), clientTable(entries)],
  groupCreated: ({ by, group }) => [say(`Client ${by} created group ${group} successfully`)],
  groupCreateRefused: ({ by, group }) => [
    say(`Client ${by} creating group ${group} failed, group already exists`),
  ],
  groupJoined: ({ by, group }) => [say(`Client ${by} joined group ${group}`)],
  groupJoinRefused: ({ by, group }) => [
    say(`Client ${by} joining group ${group} failed, group does not exist`),
  ],
  groupsListed: ({ by, groups }) => [
    say(`Client ${by} requested listing groups, current groups:`),
    ...groups.map(say),
  ],
  membersListed: ({ by, group, members }) => [
    say(`Client ${by} requested listing members of group ${group}:`),
    ...members.map(say),
  ],
  groupMessageSent: ({ by, text }) => [say(`Client ${by} sent group message: ${text}`)],
  // The original keeps none.
  privateMessageKept: () => [],
  groupLeft: ({ by, group, reason }) => [say(departures[reason](by, group))],
  // The original has nobody with power over others.
  audited: () => [],
  groupsChanged: ({ groups }) => [say('Group table updated.'), groupTable(groups)],
};

const departures: Readonly<Record<LeaveReason, (by: string, group: string) => string>> = {
  left: (by) => `Client ${by} left group`,
  deregistered: (by) => `Client ${by} left group`,
  kicked: (by) => `Client ${by} left group`,
  banned: (by) => `Client ${by} left group`,
  unresponsive: (by, group) => `Client ${by} not responsive, removed from ${group}`,
};

/**
 * The lines that tell of a fact, none for some. Names and texts in them are as others wrote them: whoever prints a line
 * on a terminal makes it safe first.
 */
export function narrate(fact: ServerFact): readonly string[] {
  // The table has a function for each type; the look-up loses that they are of the same one.
  const narration = narrations[fact.type] as (fact: ServerFact) => readonly string[];
  return narration(fact);
}

/**
 * The table of clients on one line: `{'ann': {'ip': '127.0.0.1', 'port': 7771, 'online': True}}`.
 * A name that is bound and was not there since the server's start has no address, and is left out.
 */
export function clientTable(entries: Iterable<DirectoryEntry>): string {
  const rows = Array.from(entries)
    .filter(({ address }) => address.port !== 0)
    .map(({ name, address, online }) => {
      const { host, port } = address;
      return `'${name}': {'ip': '${host}', 'port': ${port}, 'online': ${online ? 'True' : 'False'}}`;
    });
  return `{${rows.join(', ')}}`;
}

/** The table of groups on one line, members in the order in which they joined: `{'dev': {'ann', 'bob'}, 'ops': set()}`. */
function groupTable(groups: ReadonlyMap<string, readonly string[]>): string {
  const rows = Array.from(groups, ([group, members]) => {
    const names = members.map((member) => `'${member}'`).join(', ');
    return `'${group}': ${names === '' ? 'set()' : `{${names}}`}`;
  });
  return `{${rows.join(', ')}}`;
}

function say(words: string): string {
  return `>>> ${words}`;
}
