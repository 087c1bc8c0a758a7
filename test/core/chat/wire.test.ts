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
import {
  auditDetailBytesMax,
  auditPageEntriesMax,
  longEntriesMax,
  wordsBytesMax,
} from '../../../core/chat/wire-administration.ts';
import { hopsMax, pageEntriesMax } from '../../../core/chat/wire-fields.ts';
import { hostText } from '../../../core/protocol/address.ts';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';
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
  groupMessage: { mid, seq, from: name, bot: bool, hops, sentAtMs: integer, text },
  gap: { count: integer, fromSeq: integer },
  memberJoined: { group, name, bot: bool },
  memberLeft: { group, name, reason },
  groupLost: { group, reason },
  ...messageFields,
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

const mid1 = composeMid(new Uint8Array(8).fill(0xab), 258);

describe('the wire', () => {
  const golden: readonly (readonly [string, Uint8Array, string])[] = [
    [
      'createGroup',
      clientCodec.encode({ type: 'createGroup', requestId: 7, group: 'ops' }),
      '0307036f7073',
    ],
    ['confirm', clientCodec.encode({ type: 'confirm', conversation: 1, seq: 300 }), '0a01412c'],
    [
      'sendGroup',
      clientCodec.encode({
        type: 'sendGroup',
        requestId: 1,
        group: 'a',
        mid: mid1,
        hops: 2,
        text: 'hé',
      }),
      '08010161abababababababab0000000000000102020368c3a9',
    ],
    [
      'admit',
      clientCodec.encode({ type: 'admit', requestId: 1, token: new Uint8Array(16).fill(0xab) }),
      `3201${'ab'.repeat(16)}`,
    ],
    [
      'ban',
      clientCodec.encode({ type: 'ban', requestId: 2, who: 'eve', reason: 'x' }),
      '3802036576650178',
    ],
    [
      'setAccess',
      clientCodec.encode({
        type: 'setAccess',
        requestId: 3,
        access: 'invitation',
        admitsKnown: true,
      }),
      '3c030201',
    ],
    [
      'nameReleased',
      serverCodec.encode({ type: 'nameReleased', name: 'n', key: new Uint8Array(32).fill(1) }),
      `33016e${'01'.repeat(32)}`,
    ],
    [
      'refused',
      serverCodec.encode({ type: 'refused', requestId: 7, code: 4, detail: 'no' }),
      '010704026e6f',
    ],
    [
      'groupMessage',
      serverCodec.encode({
        type: 'groupMessage',
        mid: mid1,
        seq: 1,
        from: 'b',
        bot: true,
        hops: 7,
        sentAtMs: 0,
        text: '',
      }),
      '11abababababababab0000000000000102010162010700' + '00',
    ],
    [
      'memberLeft',
      serverCodec.encode({ type: 'memberLeft', group: 'g', name: 'n', reason: 'unresponsive' }),
      '140167016e02',
    ],
    [
      'privateReceived',
      peerCodec.encode({ type: 'privateReceived', mid: mid1 }),
      '02abababababababab0000000000000102',
    ],
  ];
  for (const [type, encoded, hex] of golden) {
    it(`writes ${type} as it always did`, () => assert.equal(toHex(encoded), hex));
  }

  const refused: readonly (readonly [string, string])[] = [
    ['an unknown message', '3f07'],
    ['more hops than there can be', '11abababababababab000000000000010201016201' + '0800' + '00'],
    ['a flag beyond 1', '130167016e02'],
    ['a reason beyond the table', '140167016e04'],
    ['text that is not UTF-8', '0107' + '04' + '02c328'],
    ['a list longer than a page', `040740c9${'00'.repeat(201)}00`],
  ];
  for (const [claim, hex] of refused) {
    it(`does not read ${claim}`, () => {
      assert.equal(serverCodec.decode(fromHex(hex) ?? new Uint8Array()), undefined);
    });
  }

  it('fits the fullest page and the longest text into one message of 65,536 bytes', () => {
    const name = '𠀀'.repeat(32);
    const entry = {
      name,
      key: 'f'.repeat(64),
      address: { host: Array.from({ length: 8 }, () => 'ffff').join(':'), port: 65_535 },
      online: true,
      bot: true,
    };
    const page = serverCodec.encode({
      type: 'directoryDelta',
      version: Number.MAX_SAFE_INTEGER,
      entries: Array.from({ length: pageEntriesMax }, () => entry),
    });
    const membership = {
      group: name,
      conversation: 4000,
      logId: new Uint8Array(8),
      seq: 2 ** 53 - 1,
      headSeq: 2 ** 53 - 1,
    };
    const welcome = serverCodec.encode({
      type: 'welcome',
      requestId: 1,
      name,
      groupsPerClient: 256,
      privateInGroup: true,
      removeUnresponsive: true,
      silenceMs: 2500,
      epoch: new Uint8Array(8),
      directoryVersion: 1,
      wholeDirectory: true,
      groups: Array.from({ length: 256 }, () => membership),
    });
    const message = serverCodec.encode({
      type: 'groupMessage',
      mid: mid1,
      seq: 2 ** 53 - 1,
      from: name,
      bot: true,
      hops: 7,
      sentAtMs: 2 ** 53 - 1,
      text: 'x'.repeat(60_000),
    });
    const key = new Uint8Array(32);
    const words = 'x'.repeat(wordsBytesMax);
    const atMs = Number.MAX_SAFE_INTEGER;
    const bans = serverCodec.encode({
      type: 'banList',
      requestId: 1,
      bans: Array.from({ length: longEntriesMax }, () => ({
        key,
        name,
        reason: words,
        by: name,
        atMs,
      })),
      next: 1,
    });
    const audit = serverCodec.encode({
      type: 'auditPage',
      requestId: 1,
      entries: Array.from({ length: auditPageEntriesMax }, () => ({
        atMs,
        by: name,
        action: 'x'.repeat(64),
        group: name,
        target: name,
        detail: 'x'.repeat(auditDetailBytesMax),
      })),
      next: 1,
    });
    for (const { length } of [page, welcome, message, bans, audit])
      assert.ok(length <= 65_536, `${length}`);
    assert.notEqual(serverCodec.decode(page), undefined);
    assert.notEqual(serverCodec.decode(welcome), undefined);
  });
});

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
