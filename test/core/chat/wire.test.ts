import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { composeMid, parseMid } from '../../../core/chat/mids.ts';
import {
  type ClientMessage,
  clientCodec,
  type PeerMessage,
  peerCodec,
  type ServerMessage,
  serverCodec,
} from '../../../core/chat/wire.ts';
import { hopsMax } from '../../../core/chat/wire-fields.ts';
import { hostText } from '../../../core/protocol/address.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { type ArbitrariesOf, messageFields, requestFields } from './administration-arbitraries.ts';

const integer = fc.maxSafeNat();
const name = fc.string({ unit: 'grapheme', maxLength: 8 });
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const bytes = (count: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: count, maxLength: count });
const hops = fc.nat(hopsMax);
const reason = fc.constantFrom('left', 'deregistered', 'unresponsive', 'forgotten');
const names = fc.array(fc.record({ name }), { maxLength: 5 });
const bool = fc.boolean();
const seq = integer;
const requestId = integer;
const group = name;
const mid = bytes(16);
const logId = bytes(8);
const sealed = fc.uint8Array({ maxLength: 200 });
const outcome = fc.constantFrom('delivered', 'refused', 'expired');
const conversation = integer;
const address = fc.oneof(
  fc.record({
    host: fc.oneof(fc.ipV4(), bytes(16).map(hostText)),
    port: fc.nat(65_535),
  }),
  fc.constant({ host: '', port: 0 }),
);
const entry = fc.record({ name, key: bytes(32).map(toHex), address, online: bool, bot: bool });
const entries = fc.array(entry, { maxLength: 4 });
const said = { mid, seq, from: name, bot: bool, hops, sentAtMs: integer, text };

/** Any of the messages. */
function anyOf<Message extends { readonly type: string }>(
  fields: ArbitrariesOf<Message>,
): fc.Arbitrary<Message> {
  const records = Object.entries(fields).map(([type, record]) =>
    fc.record({ type: fc.constant(type), ...(record as Record<string, fc.Arbitrary<unknown>>) }),
  );
  // Every record has the fields that its type asks for.
  return fc.oneof(...records) as unknown as fc.Arbitrary<Message>;
}

const clientMessage = anyOf<ClientMessage>({
  register: {
    requestId,
    name,
    bot: bool,
    auxiliary: bool,
    takeOver: bool,
    hidesAddress: bool,
    processId: bytes(8),
    nextCounter: integer,
    epoch: bytes(8),
    directoryVersion: integer,
    resume: fc.array(fc.record({ group, logId, seq }), { maxLength: 4 }),
  },
  deregister: { requestId },
  createGroup: { requestId, group },
  listGroups: { requestId, after: integer },
  joinGroup: { requestId, group },
  leaveGroup: { requestId, group },
  listMembers: { requestId, group, after: integer },
  sendGroup: { requestId, group, mid, hops: integer, text },
  reportUnanswered: { requestId, name },
  confirm: { conversation, seq },
  lookUp: { requestId, name },
  listNames: { requestId, prefix: name, after: integer },
  directoryCheck: { version: integer, hash: bytes(8) },
  ...requestFields,
  history: { requestId, group, beforeSeq: seq, limit: integer },
  search: { requestId, group, words: text, beforeSeq: seq, limit: integer },
  deposit: { requestId, to: name, identity: bytes(32), mid, sealed },
  settle: { id: integer, outcome: fc.constantFrom('delivered', 'refused') },
  confirmSettled: { id: integer },
});

const serverMessage = anyOf<ServerMessage>({
  refused: { requestId, code: integer, detail: text },
  done: { requestId },
  welcome: {
    requestId,
    name,
    groupsPerClient: integer,
    privateInGroup: bool,
    removeUnresponsive: bool,
    silenceMs: integer,
    mailbox: bool,
    epoch: bytes(8),
    directoryVersion: integer,
    wholeDirectory: bool,
    groups: fc.array(fc.record({ group, conversation, logId, seq, headSeq: integer }), {
      maxLength: 4,
    }),
  },
  groupList: { requestId, names, next: integer },
  memberList: { requestId, names, next: integer },
  joined: { requestId, group, conversation, logId, seq },
  committed: { requestId, mid, logId, seq, durable: bool },
  entry: { requestId, entry },
  entryList: { requestId, entries, next: integer },
  directoryDelta: { version: integer, entries },
  directoryEntries: { entries },
  directoryReset: { directoryVersion: integer, wholeDirectory: bool },
  groupMessage: said,
  messageList: {
    requestId,
    logId,
    messages: fc.array(fc.record(said), { maxLength: 4 }),
    next: integer,
  },
  gap: { count: integer, fromSeq: integer },
  memberJoined: { group, name, bot: bool },
  memberLeft: { group, name, reason },
  groupLost: { group, reason },
  ...messageFields,
  deposited: { requestId, mid, to: name, durable: bool },
  envelope: { id: integer, from: name, mid, sealed },
  settled: { id: integer, mid, to: name, outcome },
  restarting: { returnMs: integer },
});

const peerMessage = anyOf<PeerMessage>({
  privateMessage: { mid, from: name, hops, bot: bool, sentAtMs: integer, text },
  privateReceived: { mid },
  reachableAt: {
    addresses: fc.array(fc.record({ host: fc.string({ maxLength: 16 }), port: fc.nat(65_535) }), {
      maxLength: 8,
    }),
  },
});

interface AnyCodec<Message> {
  encode(message: Message): Uint8Array;
  decode(input: Uint8Array): Message | undefined;
}

function claims<Message>(codec: AnyCodec<Message>, messages: fc.Arbitrary<Message>): void {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(messages, (message) => {
        assert.deepEqual(plain(codec.decode(codec.encode(message))), plain(message));
      }),
      { numRuns: 500 },
    );
  });

  it('reads nothing that is cut short or has something left over', () => {
    fc.assert(
      fc.property(messages, (message) => {
        const whole = codec.encode(message);
        for (let end = 0; end < whole.length; end++) {
          assert.equal(codec.decode(whole.subarray(0, end)), undefined);
        }
        assert.equal(codec.decode(new Uint8Array([...whole, 0])), undefined);
      }),
    );
  });

  it('never throws, and means one thing by what it reads', () => {
    const spoilt = fc.tuple(messages, fc.nat(), fc.nat(255)).map(([message, at, byte]) => {
      const whole = codec.encode(message);
      return whole.with(at % whole.length, byte);
    });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), spoilt), (input) => {
        const message = codec.decode(input);
        if (message === undefined) return;
        assert.deepEqual(plain(codec.decode(codec.encode(message))), plain(message));
      }),
      { numRuns: 2000 },
    );
  });
}

/** Bytes as hex, so that views compare by what they show. */
function plain(message: unknown): unknown {
  return JSON.parse(
    JSON.stringify(message, (_key, value) => (value instanceof Uint8Array ? toHex(value) : value)),
  );
}

describe('requests on the wire', () => claims(clientCodec, clientMessage));
describe('answers on the wire', () => claims(serverCodec, serverMessage));
describe('private messages on the wire', () => claims(peerCodec, peerMessage));

describe('mids', () => {
  it('come apart as they were put together', () => {
    fc.assert(
      fc.property(bytes(8), integer, (id, counter) => {
        const parts = parseMid(composeMid(id, counter));
        assert.deepEqual(parts && [...parts.processId], [...id]);
        assert.equal(parts?.counter, counter);
      }),
    );
  });

  it('have no counter beyond 2^53 − 1', () => {
    assert.equal(parseMid(new Uint8Array(16).fill(0xff)), undefined);
    assert.equal(parseMid(composeMid(new Uint8Array(8), 2 ** 53 - 1))?.counter, 2 ** 53 - 1);
  });
});
