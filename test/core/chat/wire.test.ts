import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { composeMid } from '../../../core/chat/mids.ts';
import { clientCodec, peerCodec, serverCodec } from '../../../core/chat/wire.ts';
import { pageEntriesMax } from '../../../core/chat/wire-fields.ts';
import { bansPerPage, remarkBytesMax } from '../../../core/chat/wire-order.ts';
import { fromHex, toHex } from '../../../core/protocol/bytes.ts';
import { clientMessage, peerMessage, serverMessage } from './wire-messages.ts';

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
      serverCodec.encode({ type: 'refused', requestId: 7, code: 4, retryMs: 3000, detail: 'no' }),
      '0107044bb8026e6f',
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
      serverCodec.encode({
        type: 'memberLeft',
        group: 'g',
        name: 'n',
        reason: 'kicked',
        by: 'm',
        words: 'w',
      }),
      '140167016e04016d0177',
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
    ['a reason beyond the table', '140167016e070000'],
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
      ownedGroups: true,
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
    const bans = serverCodec.encode({
      type: 'banList',
      requestId: 1,
      bans: Array.from({ length: bansPerPage }, () => ({
        name,
        by: name,
        atMs: 2 ** 53 - 1,
        reason: 'x'.repeat(remarkBytesMax),
      })),
      next: 1000,
    });
    const sizes = [page, welcome, message, bans].map(({ length }) => length);
    for (const size of sizes) assert.ok(size <= 65_536, `${size}`);
    assert.notEqual(serverCodec.decode(page), undefined);
    assert.notEqual(serverCodec.decode(welcome), undefined);
  });
});
