/** What happens around a client beside messages: in words for people, as data for programs. */

import type { ClientEvents, LeaveReason, Removal } from '../core/client-api.ts';
import type { ChatClient } from './chat-client.ts';
import { describeEntrance } from './entrance.ts';
import { describeRetention } from './retention.ts';
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
  kicked: 'was kicked out of',
  banned: 'was banned from',
  removed: 'left with the end of',
};

const losses: Readonly<Record<LeaveReason | 'forgotten', (group: string) => string>> = {
  forgotten: (group) => `the server no longer knows #${group}`,
  left: (group) => `you left #${group}`,
  deregistered: (group) => `you left #${group}`,
  unresponsive: (group) => `you were removed from #${group} (unresponsive)`,
  kicked: (group) => `you were kicked out of #${group}`,
  banned: (group) => `you were banned from #${group}`,
  removed: (group) => `the group #${group} was removed`,
};

const failures: Readonly<Record<ClientEvents['privateMessageLost'][0]['reason'], string>> = {
  expired: 'they did not come back in time',
  refused: 'their client did not take it',
};

const descriptions: Describe = {
  privateMessageHeldBack: (from) => ({
    event: 'privateMessageHeldBack',
    words: `a message of ${safeText(from)} is held back until you leave the group`,
    data: { from },
  }),
  privateMessageDelivered: (message) => ({
    event: 'privateMessageDelivered',
    words: `${safeText(message.to)} is back and has your message`,
    data: message,
  }),
  privateMessageLost: (message) => ({
    event: 'privateMessageLost',
    words: `your message did not reach ${safeText(message.to)}: ${failures[message.reason]}`,
    data: message,
  }),
  memberJoined: (member) => ({
    event: 'memberJoined',
    words: `${safeText(member.name)} joined #${safeText(member.group)}`,
    data: member,
  }),
  memberLeft: (member) => ({
    event: 'memberLeft',
    words: `${safeText(member.name)} ${departures[member.reason]} #${safeText(member.group)}${removalWords(member)}`,
    data: member,
  }),
  directoryChanged: (entries) => ({
    event: 'directoryChanged',
    data: { users: entries.map(({ name, online, bot }) => ({ name, online, bot })) },
  }),
  groupLost: (group, reason, removal) => ({
    event: 'groupLost',
    words: `${losses[reason](safeText(group))}${removalWords(removal ?? {})}`,
    data: { group, reason, ...removal },
  }),
  roleChanged: (change) => ({
    event: 'roleChanged',
    words: `${safeText(change.name)} is ${change.role} of #${safeText(change.group)}${byWords(change)}`,
    data: change,
  }),
  topicChanged: (topic) => ({
    event: 'topicChanged',
    words:
      topic.text === ''
        ? `#${safeText(topic.group)} has no topic any more${byWords(topic)}`
        : `topic of #${safeText(topic.group)}: ${safeText(topic.text)}${byWords(topic)}`,
    data: topic,
  }),
  invited: (invitation) => ({
    event: 'invited',
    words: `${safeText(invitation.by)} invites you to #${safeText(invitation.group)}: join_group ${safeText(invitation.group)}`,
    data: invitation,
  }),
  settingsChanged: (settings) => ({
    event: 'settingsChanged',
    words: `#${safeText(settings.group)} is ${describeEntrance(settings)} now; it ${describeRetention(settings.retention)}${byWords(settings)}`,
    data: settings,
  }),
  muteChanged: (mute) => ({
    event: 'muteChanged',
    words: muteWords(mute),
    data: mute,
  }),
  gapFound: (group, count) => ({
    event: 'gapFound',
    words: `${count ?? 'some'} messages of #${safeText(group)} are gone for ever`,
    data: { group, count },
  }),
  announced: (announcement) => ({
    event: 'announced',
    words: `${safeText(announcement.by)} announces: ${safeText(announcement.text)}`,
    data: { ...announcement },
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
    const listener = (...values: ClientEvents[Name]): void => {
      const { words, ...notice } = describe(...values);
      // Who does something is told so by its command.
      const isOwn = notice.data['by'] === client.name && event !== 'topicChanged';
      tell(words === undefined || isOwn ? notice : { ...notice, words });
    };
    client.on(event, listener);
    undo.push(() => client.off(event, listener));
  };
  watch('privateMessageHeldBack');
  watch('privateMessageDelivered');
  watch('privateMessageLost');
  watch('memberJoined');
  watch('memberLeft');
  watch('roleChanged');
  watch('topicChanged');
  watch('muteChanged');
  watch('invited');
  watch('settingsChanged');
  watch('directoryChanged');
  watch('groupLost');
  watch('gapFound');
  watch('announced');
  watch('disconnected');
  watch('reconnected');
  return () => {
    for (const step of undo) step();
  };
}

/** ` by ann: spam`; nothing where nobody else had a part in it. */
function removalWords({ by, words = '' }: Partial<Removal>): string {
  if (by === undefined) return '';
  return ` by ${safeText(by)}${words === '' ? '' : `: ${safeText(words)}`}`;
}

/** ` (by ann)`; nothing where it was nobody. */
function byWords({ by }: { readonly by: string }): string {
  return by === '' ? '' : ` (by ${safeText(by)})`;
}

function muteWords(mute: ClientEvents['muteChanged'][0]): string {
  const [name, group, by] = [safeText(mute.name), safeText(mute.group), safeText(mute.by)];
  if (!mute.isMuted) return `${name} may speak in #${group} again (by ${by})`;
  const until = mute.untilMs === 0 ? '' : ` until ${new Date(mute.untilMs).toLocaleString()}`;
  const reason = mute.reason === '' ? '' : `: ${safeText(mute.reason)}`;
  return `${name} is muted in #${group}${until} by ${by}${reason}`;
}
