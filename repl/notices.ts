/** What happens around a client beside messages: in words for people, as data for programs. */

import type { ClientEvents, LeaveReason } from '../core/index.ts';
import type { ChatClient } from './chat-client.ts';
import { safeText } from './safe-text.ts';

/** One thing that happened. */
export interface Notice {
  /** The client's event that told of it. */
  readonly event: keyof ClientEvents;
  /** For people; absent where it would only be noise on a screen. */
  readonly words?: string;
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>;
}

type Describe = {
  readonly [Name in keyof ClientEvents]?: (...values: ClientEvents[Name]) => Notice;
};

const departures: Readonly<Record<LeaveReason, string>> = {
  left: 'left',
  deregistered: 'went offline and left',
  unresponsive: 'does not answer and was removed from',
};

const descriptions: Describe = {
  privateMessageHeldBack: (from) => ({
    event: 'privateMessageHeldBack',
    words: `a message of ${safeText(from)} is held back until you leave the group`,
    data: { from },
  }),
  memberJoined: (member) => ({
    event: 'memberJoined',
    words: `${safeText(member.name)} joined #${safeText(member.group)}`,
    data: member,
  }),
  memberLeft: (member) => ({
    event: 'memberLeft',
    words: `${safeText(member.name)} ${departures[member.reason]} #${safeText(member.group)}`,
    data: member,
  }),
  directoryChanged: (entries) => ({
    event: 'directoryChanged',
    data: { users: entries.map(({ name, online, bot }) => ({ name, online, bot })) },
  }),
  groupLost: (group, reason) => ({
    event: 'groupLost',
    words:
      reason === 'forgotten'
        ? `the server no longer knows #${safeText(group)}`
        : `you were removed from #${safeText(group)} (${reason})`,
    data: { group, reason },
  }),
  gapFound: (group, count) => ({
    event: 'gapFound',
    words: `${count ?? 'some'} messages of #${safeText(group)} are gone for ever`,
    data: { group, count },
  }),
  disconnected: (reason, returnMs) => ({
    event: 'disconnected',
    words:
      returnMs === undefined
        ? `disconnected: ${safeText(reason)}; trying to come back`
        : safeText(reason),
    data: { reason, returnMs },
  }),
  reconnected: () => ({ event: 'reconnected', words: 'connected again', data: {} }),
};

/** Calls `tell` for everything that happens; the function returned ends that. */
export function watchNotices(client: ChatClient, tell: (notice: Notice) => void): () => void {
  const undo: (() => void)[] = [];
  const watch = <Name extends keyof ClientEvents>(event: Name): void => {
    const describe = descriptions[event];
    if (describe === undefined) return;
    const listener = (...values: ClientEvents[Name]): void => tell(describe(...values));
    client.on(event, listener);
    undo.push(() => client.off(event, listener));
  };
  watch('privateMessageHeldBack');
  watch('memberJoined');
  watch('memberLeft');
  watch('directoryChanged');
  watch('groupLost');
  watch('gapFound');
  watch('disconnected');
  watch('reconnected');
  return () => {
    for (const step of undo) step();
  };
}
