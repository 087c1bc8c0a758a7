/** The hub behind eight connections of people who say anything, while time passes and connections come and go. */

import { decodeRelayed } from '../../../core/chat/relay.ts';
import type { HubSnapshot } from '../../../core/chat/snapshot.ts';
import type { ServerMessage } from '../../../core/chat/wire.ts';
import { clientCodec } from '../../../core/chat/wire.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { identity, type TestClient, World } from '../../core/chat/world.ts';
import { inventMessage } from '../../core/protocol/inventing-reader.ts';
import { type MessageEntry, messageInput, readCorpus } from '../corpus.ts';
import { claim, type FuzzTarget } from '../target.ts';

/** Small, so that all of them are met. */
const limits = {
  links: 6,
  names: 6,
  directoryNames: 4,
  contacts: 2,
  operators: 2,
  bans: 2,
  admissions: 3,
  invitations: 2,
  groups: 3,
  textBytes: 200,
  probeClaims: 2,
  logMessages: 8,
  logBytes: 1000,
  logBytesTotal: 2000,
  sendsRemembered: 4,
  processesRemembered: 3,
  conversations: 12,
  mailboxMessages: 3,
  mailboxBytes: 2000,
  mailboxMessagesPerSender: 2,
  mailboxBytesPerSender: 1500,
  mailBytesPerSender: 2500,
  mailBytesTotal: 3000,
  mailboxMs: 60_000,
  outcomesPerSender: 2,
  outcomes: 4,
  requestsPerSecond: 50,
};
const policy = { groupsPerClient: 2, silenceMs: 2500 };

/** The three who begin say who they are, from seats of their own; everything else anybody may say. */
const entries = readCorpus<MessageEntry>('requests').map((entry) =>
  messageInput(clientCodec, entry),
);
const beginning = entries.slice(0, 7);
const requests = entries.slice(7);

const seats = 8;
const pauses = [1, 100, 1000, 20_000];

/** Inputs between two looks at everything. */
const lookEvery = 8;

/** What a client has heard of a conversation. */
interface Hearing {
  at: number;
  readonly lastSeqs: Map<number, number>;
}

/**
 * Bits 0 to 2 of the first byte are the seat, 3 to 5 what happens: a request, or something else by the second byte.
 */
class Ordeal {
  readonly #world = new World({ limits, policy, operators: [toHex(identity(1))] });
  readonly #clients: TestClient[];
  readonly #hearings = new Map<TestClient, Hearing>();
  #inputs = 0;

  constructor() {
    this.#clients = Array.from({ length: seats }, (_, seat) => this.#sit(seat));
  }

  take(input: Uint8Array): void {
    const control = input[0] ?? 0;
    const seat = control & 7;
    const client = this.#clients[seat];
    if (client === undefined) return;
    const rest = input.subarray(1);
    switch ((control >>> 3) & 7) {
      case 4:
        this.#relay(client, seat, rest);
        break;
      case 5:
        this.#world.pass(pauses[(rest[0] ?? 0) & 3] ?? 0);
        break;
      case 6:
        this.#disturb(client, seat, rest[0] ?? 0);
        break;
      case 7:
        client.raw(rest.subarray(1), rest[0]);
        break;
      default:
        client.raw(rest);
    }
    if (client.closed !== undefined) this.#return(seat);
    this.#listen();
    if (++this.#inputs % lookEvery === 0) check(this.#world.hub.snapshot());
  }

  #relay({ number }: TestClient, seat: number, payload: Uint8Array): void {
    const relayed = this.#world.hub.relay(number, payload, this.#world.now);
    if (relayed === undefined) return;
    const { identity: sender, datagram } = decodeRelayed(relayed.payload) ?? {};
    claim(sender === toHex(identity(personAt(seat))), 'the relay says who sends');
    claim((datagram?.length ?? 0) <= payload.length, 'the relay adds nothing');
  }

  #sit(seat: number): TestClient {
    const client = this.#world.connect(personAt(seat), 5000 + (seat % 6));
    this.#hearings.set(client, { at: 0, lastSeqs: new Map() });
    return client;
  }

  /** Somebody comes back; those of the beginning say who they are. */
  #return(seat: number): void {
    const client = this.#sit(seat);
    this.#clients[seat] = client;
    const register = entries[seat];
    if (seat < 3 && register !== undefined) client.raw(register.subarray(1));
  }

  #disturb(client: TestClient, seat: number, kind: number): void {
    switch (kind & 7) {
      case 0:
        client.down();
        this.#hearings.delete(client);
        this.#return(seat);
        break;
      case 1:
        client.unresponsive();
        break;
      case 2:
        client.probed(true);
        break;
      case 3:
        client.probed(false);
        break;
      case 4:
        client.hasRoom = false;
        break;
      default:
        client.hasRoom = true;
        client.read();
    }
  }

  /** Whoever hears the messages of a group hears them in order, each once. */
  #listen(): void {
    for (const [client, hearing] of this.#hearings) {
      for (; hearing.at < client.heard.length; hearing.at++) {
        const heard = client.heard[hearing.at];
        if (heard !== undefined) follow(hearing.lastSeqs, heard.conversation, heard.message);
      }
    }
  }
}

/** People are fewer than seats, so that some claim the names of others. */
function personAt(seat: number): number {
  return 1 + (seat % 5);
}

function follow(lastSeqs: Map<number, number>, conversation: number, message: ServerMessage): void {
  if (message.type !== 'groupMessage') return;
  claim(message.seq > (lastSeqs.get(conversation) ?? 0), 'messages of a group come in order');
  lastSeqs.set(conversation, message.seq);
}

/** Everything is bounded, and nothing contradicts itself. */
function check(snapshot: HubSnapshot): void {
  const { names, groups, sessions, links, envelopes, outcomes } = snapshot;
  checkHouse(snapshot);
  claim(names.length <= limits.names, 'there are no more names than there may be');
  claim(new Set(names.map(({ name }) => name)).size === names.length, 'a name is there once');
  claim(groups.length <= limits.groups, 'there are no more groups than there may be');
  claim(links.length <= limits.links, 'there are no more links than there may be');
  claim(sessions.length <= limits.names, 'there is a session a name at most');
  const logBytes = groups.reduce((sum, group) => sum + group.logBytes, 0);
  claim(logBytes <= limits.logBytesTotal, 'the logs are no larger than they may be');
  for (const group of groups) {
    claim(group.logBytes <= limits.logBytes, 'a log is no larger than it may be');
    for (const { readSeq, confirmedSeq } of group.members) {
      claim(readSeq <= group.headSeq, 'nobody has read what was not written');
      claim(confirmedSeq <= readSeq, 'nobody has handled what was not read');
    }
  }
  for (const session of sessions) {
    claim(
      session.memberships.length <= policy.groupsPerClient,
      'a client is in as many groups as it may',
    );
  }
  checkMail(envelopes, outcomes);
  const present = links.filter(({ name, isAuxiliary }) => name !== undefined && !isAuxiliary);
  claim(new Set(present.map(({ name }) => name)).size === present.length, 'one is present a name');
}

/** Lists are as long as they may be, nobody who is banned is there, and somebody can always lift a ban. */
function checkHouse({ house, names, links }: HubSnapshot): void {
  const { operators, bans, admissions, invitations } = house;
  claim(operators.length <= limits.operators, 'there are no more operators than there may be');
  claim(bans.length <= limits.bans, 'there are no more bans than there may be');
  claim(
    admissions.length <= limits.admissions + limits.names,
    'there are no more keys on the list than there may be',
  );
  claim(invitations.length <= limits.invitations, 'there are no more invitations than may be');
  const banned = new Set(bans.map(({ identity: key }) => key));
  const present = links.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const keys = new Map(names.map(({ name, key }) => [name, key]));
  claim(
    present.every((name) => !banned.has(keys.get(name) ?? '')),
    'nobody who is banned has a connection with a name',
  );
  claim(!banned.has(toHex(identity(1))), 'an operator is not banned');
}

function checkMail(envelopes: HubSnapshot['envelopes'], outcomes: HubSnapshot['outcomes']): void {
  const bytes = envelopes.reduce((sum, envelope) => sum + envelope.bytes, 0);
  claim(bytes <= limits.mailBytesTotal, 'no more is kept than may be');
  for (const { to, from, mid } of envelopes) {
    const sameMailbox = envelopes.filter((other) => other.to === to);
    const same = sameMailbox.filter((other) => other.from === from);
    claim(sameMailbox.length <= limits.mailboxMessages, 'a mailbox is as full as it may be');
    claim(same.length <= limits.mailboxMessagesPerSender, 'and of one sender likewise');
    claim(same.filter((other) => other.mid === mid).length === 1, 'a message is kept once');
  }
  claim(outcomes.length <= limits.outcomes, 'as many outcomes are kept as may be');
  const ids = [...envelopes, ...outcomes].map(({ id }) => id);
  claim(new Set(ids).size === ids.length, 'an envelope is kept or settled, not both');
}

/** What the corpus does not say: each request with made-up fields, and everything else that can happen. */
// A table's keys are its own.
const types = Object.keys(clientCodec.tables) as (keyof typeof clientCodec.tables)[];
const invented = types.flatMap((type) =>
  [1, 2, 3].map((seed) =>
    Uint8Array.of(seed, ...clientCodec.encode(inventMessage(clientCodec.tables, type, seed))),
  ),
);
const events = Array.from({ length: 8 }, (_, kind) => [
  Uint8Array.of(0x28 | kind, kind & 3),
  Uint8Array.of(0x30 | kind, kind),
  Uint8Array.of(0x30 | (7 - kind), kind),
]).flat();

/** Datagrams for the relay, from and for those of the beginning. */
const relayed = [0, 1, 2].flatMap((seat) =>
  [0, 4].map((link) =>
    Uint8Array.of(0x20 | seat, ...identity(1 + ((seat + 1) % 3)), link, 1, 2, 3),
  ),
);

/** Requests on registered links. */
export const hubTarget: FuzzTarget = {
  name: 'hub',
  share: 5,
  corpus: [
    ...beginning,
    ...beginning,
    ...requests.flatMap((input) => [0, 1, 2].map((seat) => input.with(0, (input[0] ?? 0) | seat))),
    ...invented,
    ...relayed,
    ...events,
  ],
  inputsPerLife: 400,
  intact: 0.7,
  begin: () => {
    const ordeal = new Ordeal();
    for (const input of beginning) ordeal.take(input);
    return (input) => ordeal.take(input);
  },
};
