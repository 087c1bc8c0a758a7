/** What holds of every message that stands in the tables of the codecs, also of those that will (docs/PROTOCOL.md §7). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { clientCodec, peerCodec, serverCodec } from '../../../core/chat/wire.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import type { Codec, MessageTables } from '../../../core/protocol/codec.ts';
import { inventMessage } from '../protocol/inventing-reader.ts';

const runs = { numRuns: 60 };

/** Their last text ends with them: cut, they are another message. */
const endingWithText: readonly string[] = ['groupMessage'];

function claims<Tables extends MessageTables>(codec: Codec<Tables>): void {
  for (const type of Object.keys(codec.tables)) {
    describe(`${type}`, () => {
      const encoded = fc.nat().map((seed) => codec.encode(inventMessage(codec.tables, type, seed)));

      it('reads back as what was written, and is written again in the same bytes', () => {
        fc.assert(
          fc.property(fc.nat(), (seed) => {
            const message = inventMessage(codec.tables, type, seed);
            const bytes = codec.encode(message);
            const read = codec.decode(bytes);
            assert.ok(read !== undefined);
            assert.deepEqual(read, message);
            assert.equal(toHex(codec.encode(read)), toHex(bytes));
          }),
          runs,
        );
      });

      const isEndingWithText = endingWithText.includes(type);

      it(`is ${isEndingWithText ? 'the same with a shorter text, or nothing,' : 'nothing'} when it is cut anywhere`, () => {
        fc.assert(
          fc.property(fc.nat(), (seed) => {
            const message = inventMessage(codec.tables, type, seed);
            const whole = codec.encode(message);
            for (let length = 0; length < whole.length; length++) {
              const cut = codec.decode(whole.subarray(0, length));
              if (isEndingWithText && cut !== undefined) assertBeginning(cut, message);
              else assert.equal(cut, undefined);
            }
          }),
          runs,
        );
      });

      it('is nothing with a byte too many', () => {
        fc.assert(
          fc.property(encoded, (whole) => {
            // No text may hold this byte.
            assert.equal(codec.decode(Uint8Array.of(...whole, 0xff)), undefined);
          }),
          runs,
        );
      });

      it('means one thing or nothing, whatever was done to its bytes', () => {
        const spoilt = fc
          .tuple(encoded, fc.nat(), fc.nat(255))
          .map(([whole, at, byte]) => whole.with(at % whole.length, byte));
        const [number] = codec.encode(inventMessage(codec.tables, type, 1));
        const random = fc
          .uint8Array({ maxLength: 80 })
          .map((rest) => Uint8Array.of(number ?? 0, ...rest));
        fc.assert(
          fc.property(fc.oneof(spoilt, random), (input) => {
            const message = codec.decode(input);
            if (message === undefined) return;
            // An integer may have come in a longer form; what is written is the only short one.
            const canonical = codec.encode(message);
            assert.ok(canonical.length <= input.length);
            assert.deepEqual(codec.decode(canonical), message);
          }),
          { numRuns: 4 * runs.numRuns },
        );
      });
    });
  }

  it('numbers no two messages alike', () => {
    const numbers = Object.values(codec.tables).map(({ number }) => number);
    assert.equal(new Set(numbers).size, numbers.length);
  });
}

/** The same message, with a text that begins the other one's. */
function assertBeginning(message: object, whole: object): void {
  const text = 'text' in message ? String(message.text) : '';
  assert.ok('text' in whole && String(whole.text).startsWith(text));
  assert.deepEqual({ ...message, text: whole.text }, whole);
}

describe('every request', () => claims(clientCodec));
describe('every answer and push', () => claims(serverCodec));
describe('every message between clients', () => claims(peerCodec));
