import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { composeMid } from '../../../core/chat/mids.ts';
import {
  type ClientMessage,
  clientCodec,
  type PeerMessage,
  peerCodec,
  type ServerMessage,
  serverCodec,
} from '../../../core/chat/wire.ts';
import { hopsMax, pageEntriesMax } from '../../../core/chat/wire-fields.ts';
import { hostText } from '../../../core/protocol/address.ts';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';

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
/** Of a message that has its place. */
const placedMid = fc
  .tuple(bytes(8), integer)
  .map(([processId, counter]) => composeMid(processId, counter));
const sentAtMs = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const said = { mid: placedMid, seq, from: name, bot: bool, hops, sentAtMs, text };

/** One arbitrary per message; the compiler sees to it that none is missing. */
function anyOf<Message extends { readonly type: string }>(
  fields: {
    readonly [Type in Message['type']]: {
      readonly [Name in Exclude<keyof Extract<Message, { type: Type }>, 'type'>]: fc.Arbitrary<
        Extract<Message, { type: Type }>[Name]
      >;
    };
  },
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
  committed: { requestId, mid: placedMid, logId, seq, durable: bool },
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

function claims<Message extends { readonly type: string }>(
  codec: AnyCodec<Message>,
  messages: fc.Arbitrary<Message>,
): void {
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
        // The text of one ends with it.
        fc.pre(message.type !== 'groupMessage');
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
      'search',
      clientCodec.encode({
        type: 'search',
        requestId: 1,
        group: 'a',
        words: 'hé',
        beforeSeq: 300,
        limit: 50,
      }),
      '0f0101610368c3a9412c32',
    ],
    [
      'messageList',
      serverCodec.encode({
        type: 'messageList',
        requestId: 1,
        logId: new Uint8Array(8).fill(9),
        messages: [{ mid: mid1, seq: 2, from: 'b', bot: false, hops: 1, sentAtMs: 3, text: 'c' }],
        next: 2,
      }),
      `0a01${'09'.repeat(8)}01${'ab'.repeat(8)}410202016201000000000003016302`,
    ],
    [
      'refused',
      serverCodec.encode({ type: 'refused', requestId: 7, code: 4, detail: 'no' }),
      '010704026e6f',
    ],
    [
      'committed',
      serverCodec.encode({
        type: 'committed',
        requestId: 1,
        mid: mid1,
        logId: new Uint8Array(8).fill(9),
        seq: 300,
        durable: true,
      }),
      `0701${'ab'.repeat(8)}4102${'09'.repeat(8)}412c01`,
    ],
    [
      'memberLeft',
      serverCodec.encode({ type: 'memberLeft', group: 'g', name: 'n', reason: 'unresponsive' }),
      '140167016e02',
    ],
    ['restarting', serverCodec.encode({ type: 'restarting', returnMs: 10_000 }), '326710'],
    [
      'deposit',
      clientCodec.encode({
        type: 'deposit',
        requestId: 1,
        to: 'b',
        identity: new Uint8Array(32).fill(2),
        mid: mid1,
        sealed: Uint8Array.of(1, 2, 3),
      }),
      `28010162${'02'.repeat(32)}abababababababab000000000000010203010203`,
    ],
    ['settle', clientCodec.encode({ type: 'settle', id: 300, outcome: 'refused' }), '29412c01'],
    ['confirmSettled', clientCodec.encode({ type: 'confirmSettled', id: 5 }), '2a05'],
    [
      'envelope',
      serverCodec.encode({
        type: 'envelope',
        id: 5,
        from: 'b',
        mid: mid1,
        sealed: Uint8Array.of(9),
      }),
      '29050162abababababababab00000000000001020109',
    ],
    [
      'settled',
      serverCodec.encode({ type: 'settled', id: 5, mid: mid1, to: 'b', outcome: 'expired' }),
      '2a05abababababababab0000000000000102016202',
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
    ['a flag beyond 1', '130167016e02'],
    ['a reason beyond the table', '140167016e04'],
    ['text that is not UTF-8', '0107' + '04' + '02c328'],
    ['a page of more messages than 64', `0a01${'09'.repeat(8)}4041${'00'.repeat(65 * 19)}00`],
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
      mailbox: true,
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
      sentAtMs: 2 ** 48 - 1,
      text: 'x'.repeat(60_000),
    });
    for (const { length } of [page, welcome, message]) assert.ok(length <= 65_536, `${length}`);
    assert.notEqual(serverCodec.decode(page), undefined);
    assert.notEqual(serverCodec.decode(welcome), undefined);
  });
});
