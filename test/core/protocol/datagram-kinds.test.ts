/** What holds of every datagram of the handshake and of what its Noise messages carry (docs/PROTOCOL.md §3). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { datagramBytesMax, datagramForm } from '../../../core/protocol/packet.ts';
import { datagramKinds } from './datagram-kinds.ts';

const runs = { numRuns: 100 };

describe('the kinds of datagrams', () => {
  it('are the forms that have a codec', () => {
    const names = new Set(datagramKinds.map(({ name }) => name));
    const { data: _data, reset: _reset, ...forms } = datagramForm;
    for (const form of Object.keys(forms)) assert.ok(names.has(form), form);
  });
});

for (const { name, samples, decode, encodeDecoded } of datagramKinds) {
  describe(`the ${name}`, () => {
    it('reads back as what was written, in one datagram', () => {
      fc.assert(
        fc.property(samples, ({ value, bytes }) => {
          assert.ok(bytes.length <= datagramBytesMax);
          assert.deepEqual(decode(bytes), value);
          assert.deepEqual(encodeDecoded(bytes), bytes);
        }),
        runs,
      );
    });

    it('is whole or nothing wherever it is cut: what is still read was written by nobody else', () => {
      fc.assert(
        fc.property(samples, ({ bytes }) => {
          for (let length = 0; length < bytes.length; length++) {
            const cut = bytes.subarray(0, length);
            const again = encodeDecoded(cut);
            // Only a message that reaches to the end of its datagram can be shorter.
            if (again !== undefined) assert.deepEqual(again, cut);
          }
        }),
        { numRuns: 10 },
      );
    });

    it('never throws, and reads what it read once again the same', () => {
      const spoilt = fc
        .tuple(samples, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
        .map(([{ bytes }, changes]) => {
          const changed = bytes.slice();
          // Most of a padded datagram says nothing: the changes go to its first bytes.
          for (const [at, byte] of changes) changed[at % Math.min(bytes.length, 80)] = byte;
          return changed;
        });
      fc.assert(
        fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 200 })), (input) => {
          const value = decode(input);
          const again = encodeDecoded(input);
          if (again !== undefined) assert.deepEqual(decode(again), value);
        }),
        { numRuns: 500 },
      );
    });
  });
}
