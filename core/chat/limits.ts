/** The bounds of a hub and what happens at each. */

import { BanterError } from '../errors.ts';
import { defaultPolicy, type Policy } from './types.ts';
import { groupsPerClientMax } from './wire.ts';

/** Every field is a whole number of at least 1, `requestByteBurst` of at least 65,536. */
export interface HubLimits {
  /** Connections at a time; one more is told that the server is full. Default 10,000. */
  readonly links: number;
  /** Names ever bound; another claim is refused `SERVER_FULL`. Default 100,000. */
  readonly names: number;
  /** New names of an IPv4 address or an IPv6 /64 at once, and as many more in each day; another is refused `SERVER_FULL`. Default 200. */
  readonly namesPerAddress: number;
  /** Names that everybody is told of; beyond, a client is told of those it watches. Default 2,000, at most 10,000. */
  readonly directoryNames: number;
  /** Names a connection has looked up and is told of when not everybody is; beyond, the oldest is told of no more. Default 1,024. */
  readonly contacts: number;
  /** Operators that operators have added, and as many by configuration; another is refused `SERVER_FULL`. Default 64. */
  readonly operators: number;
  /** Keys that may not register; another ban is refused `SERVER_FULL`. Default 10,000. */
  readonly bans: number;
  /** Keys on the list of those who may come in; another is refused `SERVER_FULL`. Default 100,000. */
  readonly admissions: number;
  /** Invitations that are open; another is refused `SERVER_FULL`. Default 1,000. */
  readonly invitations: number;
  /** Groups; another takes the place of one that nobody is in and in which nothing was said, or is refused `SERVER_FULL`. Default 10,000. */
  readonly groups: number;
  /** Groups of an identity; another is refused `LIMIT_REACHED`. Default 20. */
  readonly groupsPerIdentity: number;
  /** Names that a group gives a role; another is refused `LIMIT_REACHED`. Default 1,000. */
  readonly rolesPerGroup: number;
  /** Names banned from a group; another is refused `LIMIT_REACHED`. Default 1,000. */
  readonly bansPerGroup: number;
  /** Names muted in a group; another is refused `LIMIT_REACHED`. Default 1,000. */
  readonly mutesPerGroup: number;
  /** Invitations to a group that are good; another is refused `LIMIT_REACHED`. Default 100. */
  readonly invitationsPerGroup: number;
  /** Invitations for a name that are good; beyond, the oldest is good no more. Default 32. */
  readonly invitationsPerClient: number;
  /** Invitations of an identity at once, and one more in ten seconds; another is refused `RATE_LIMITED`. Default 20. */
  readonly invitesAtOnce: number;
  /** Roles, bans, mutes and invitations of all groups; another is refused `SERVER_FULL`. Default 200,000. */
  readonly rules: number;
  /** Bytes of UTF-8 in a message; more is refused `MESSAGE_TOO_LONG`. Default 60,000, which is also the most. */
  readonly textBytes: number;
  /** Requests per second and link beyond the burst; more are refused `RATE_LIMITED`. Default 50. */
  readonly requestsPerSecond: number;
  /** Requests at once. Default 100. */
  readonly requestBurst: number;
  /** Bytes of requests per second and link beyond the burst; more are refused `RATE_LIMITED`. Default 256 KiB. */
  readonly requestBytesPerSecond: number;
  /** Bytes of requests at once. Default 512 KiB. */
  readonly requestByteBurst: number;
  /** Milliseconds in which a client has to show life when somebody claims its name or address. Default 1,000. */
  readonly probeMs: number;
  /** Claims that wait for one probe; another is refused at once. Default 16. */
  readonly probeClaims: number;
  /** Messages a group's log keeps in memory; who is behind reads from the store, or meets a gap. Default 4,096. */
  readonly logMessages: number;
  /** Bytes a group's log keeps in memory. Default 4 MiB. */
  readonly logBytes: number;
  /** Bytes of all logs; the group quiet for longest loses its oldest messages. Default 256 MiB. */
  readonly logBytesTotal: number;
  /** Pages that are read from the store at a time for members that are behind; others wait in turn. Default 8. */
  readonly readsAtOnce: number;
  /** Bytes of all such pages; beyond, the one that waits longest to be handed over is read again. Default 64 MiB. */
  readonly pageBytesTotal: number;
  /** Questions about histories that the store looks for at a time; another is refused `RATE_LIMITED`. Default 8. */
  readonly queriesAtOnce: number;
  /** Newest sends of a process that are told apart exactly; an older one is refused `OUTCOME_UNKNOWN`. Default 512. */
  readonly sendsRemembered: number;
  /** Processes without a link whose sends are remembered; beyond, the longest away is forgotten. Default 10,000. */
  readonly processesRemembered: number;
  /** Private messages kept for one absent client; another is refused `MAILBOX_FULL`, as at the five bounds below. Default 200. */
  readonly mailboxMessages: number;
  /** Bytes of them, with 256 for each. Default 1 MiB. */
  readonly mailboxBytes: number;
  /** Those of one sender for one client. Default 100. */
  readonly mailboxMessagesPerSender: number;
  /** Bytes of these. Default 512 KiB. */
  readonly mailboxBytesPerSender: number;
  /** Bytes that one sender has kept for all others. Default 4 MiB. */
  readonly mailBytesPerSender: number;
  /** Bytes of all that is kept. Default 64 MiB. */
  readonly mailBytesTotal: number;
  /** Milliseconds that a private message is kept; its sender then hears that it expired. Default 30 days. */
  readonly mailboxMs: number;
  /** Messages that were kept and whose sender does not know yet what became of them; beyond, the oldest is forgotten. Default 200. */
  readonly outcomesPerSender: number;
  /** The same of all senders. Default 50,000. */
  readonly outcomes: number;
  /** Changes that the store has not stored yet; beyond, a message is refused `RATE_LIMITED`. Default 8,192. */
  readonly unstored: number;
  /** Bytes of messages that the store has not stored yet, and of answers and news that wait for it; beyond half of them requests are refused `RATE_LIMITED`, beyond, whoever asks loses its connection. Default 64 MiB. */
  readonly heldBytes: number;
  /** Conversations in the life of a link; another join is refused `SERVER_FULL`. Default 4,000, fewer than a connection carries. */
  readonly conversations: number;
}

/** What holds unless a hub is told otherwise. */
const defaultLimits: HubLimits = {
  links: 10_000,
  names: 100_000,
  namesPerAddress: 200,
  directoryNames: 2000,
  contacts: 1024,
  operators: 64,
  bans: 10_000,
  admissions: 100_000,
  invitations: 1000,
  groups: 10_000,
  groupsPerIdentity: 20,
  rolesPerGroup: 1000,
  bansPerGroup: 1000,
  mutesPerGroup: 1000,
  invitationsPerGroup: 100,
  invitationsPerClient: 32,
  invitesAtOnce: 20,
  rules: 200_000,
  textBytes: 60_000,
  requestsPerSecond: 50,
  requestBurst: 100,
  requestBytesPerSecond: 256 * 1024,
  requestByteBurst: 512 * 1024,
  probeMs: 1000,
  probeClaims: 16,
  logMessages: 4096,
  logBytes: 4 * 1024 * 1024,
  logBytesTotal: 256 * 1024 * 1024,
  readsAtOnce: 8,
  pageBytesTotal: 64 * 1024 * 1024,
  queriesAtOnce: 8,
  sendsRemembered: 512,
  processesRemembered: 10_000,
  mailboxMessages: 200,
  mailboxBytes: 1024 * 1024,
  mailboxMessagesPerSender: 100,
  mailboxBytesPerSender: 512 * 1024,
  mailBytesPerSender: 4 * 1024 * 1024,
  mailBytesTotal: 64 * 1024 * 1024,
  mailboxMs: 30 * 24 * 3600 * 1000,
  outcomesPerSender: 200,
  outcomes: 50_000,
  unstored: 8192,
  heldBytes: 64 * 1024 * 1024,
  conversations: 4000,
};

/** The least and the most of limits that have such bounds beside 1 and what a number holds. */
const boundsOfLimits: Readonly<
  Partial<Record<keyof HubLimits, { readonly min?: number; readonly max?: number }>>
> = {
  textBytes: { max: defaultLimits.textBytes },
  // Each client hashes as many at every keepalive.
  directoryNames: { max: 10_000 },
  // They are told in one message, with as many by configuration.
  operators: { max: 100 },
  // The longest message must fit, or it would be refused for ever.
  requestByteBurst: { min: 65_536 },
};

/** The policy with its defaults. @throws BanterError OPTION_INVALID, for a rule of another name, too */
export function parsePolicy(policy: Partial<Policy>): Policy {
  const complete = { ...defaultPolicy, ...policy };
  for (const name of Object.keys(complete)) {
    if (name in defaultPolicy) continue;
    throw new BanterError('OPTION_INVALID', `no rule of a policy is called ${name}`, {
      data: { name },
    });
  }
  checkNumber('groupsPerClient', complete.groupsPerClient, { max: groupsPerClientMax });
  checkNumber('silenceMs', complete.silenceMs);
  checkFlag('privateInGroup', complete.privateInGroup);
  checkFlag('removeUnresponsive', complete.removeUnresponsive);
  return complete;
}

/** The limits with their defaults. @throws BanterError OPTION_INVALID, for a limit of another name, too */
export function parseLimits(limits: Partial<HubLimits>): HubLimits {
  const complete = { ...defaultLimits, ...limits };
  for (const [name, value] of Object.entries(complete)) {
    if (!(name in defaultLimits)) {
      throw new BanterError('OPTION_INVALID', `no limit is called ${name}`, { data: { name } });
    }
    // As the line above has made sure.
    checkNumber(name, value, boundsOfLimits[name as keyof HubLimits]);
  }
  return complete;
}

function checkFlag(name: string, value: unknown): void {
  if (typeof value === 'boolean') return;
  throw new BanterError('OPTION_INVALID', `${name} is ${value}, not true or false`, {
    data: { name, value },
  });
}

function checkNumber(
  name: string,
  value: number,
  { min = 1, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {},
): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new BanterError('OPTION_INVALID', `${name} is ${value}, not from ${min} to ${max}`, {
    data: { name, value, min, max },
  });
}
