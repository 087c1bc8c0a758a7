import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ByteWriter, toHex } from '../../../core/protocol/bytes.ts';
import {
  connectionIdKey,
  connectionIdWords,
  expandPacketNumber,
  readPhaseBit,
  readTruncatedPacketNumber,
  writeDataHeader,
} from '../../../core/protocol/packet.ts';

const connectionId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

describe('the header of a data packet', () => {
  it('is form and version, connection id and the low 32 bits of the packet number', () => {
    // docs/PROTOCOL.md §4.
    const writer = new ByteWriter();
    writeDataHeader(writer, 1, 0, connectionIdWords(connectionId), 0x5_0000_0102);
    assert.equal(toHex(writer.bytes), '41010203040506070800000102');
    assert.equal(readPhaseBit(writer.bytes), 0);
    assert.equal(readTruncatedPacketNumber(writer.bytes), 0x102);
    writer.truncate(0);
    writeDataHeader(writer, 1, 1, connectionIdWords(connectionId), 0);
    assert.equal(toHex(writer.bytes), '61010203040506070800000000');
    assert.equal(readPhaseBit(writer.bytes), 1);
  });
});

describe('a packet number', () => {
  it('is expanded to the one nearest to what is expected', () => {
    assert.equal(expandPacketNumber(0, -1), 0);
    assert.equal(expandPacketNumber(7, 5), 7);
    assert.equal(expandPacketNumber(0, 0xffff_ffff), 0x1_0000_0000);
    assert.equal(expandPacketNumber(3, 0xffff_fff0), 0x1_0000_0003);
    assert.equal(expandPacketNumber(0xffff_fff0, 0x1_0000_0003), 0xffff_fff0);
    assert.equal(expandPacketNumber(0xffff_ffff, 0x2_0000_0000), 0x1_ffff_ffff);
  });

  it('survives truncation anywhere within half a window', () => {
    const distance = fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 });
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), distance, (newest, ahead) => {
        const packetNumber = newest + 1 + ahead;
        fc.pre(packetNumber >= 0);
        assert.equal(expandPacketNumber(packetNumber % 2 ** 32, newest), packetNumber);
      }),
    );
  });

  it('that would lie before the first packet is negative, and so no number', () => {
    assert.ok(expandPacketNumber(0xffff_ffff, 0) < 0);
  });
});

describe('connectionIdKey', () => {
  it('tells apart ids that differ in their first 53 bits, wherever they stand', () => {
    const id = fc.uint8Array({ minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(id, id, fc.uint8Array({ maxLength: 5 }), (a, b, before) => {
        const bits = (bytes: Uint8Array): string =>
          [...bytes]
            .map((byte) => byte.toString(2).padStart(8, '0'))
            .join('')
            .slice(0, 53);
        assert.equal(connectionIdKey(a) === connectionIdKey(b), bits(a) === bits(b));
        assert.ok(Number.isSafeInteger(connectionIdKey(a)));
        assert.equal(
          connectionIdKey(Uint8Array.of(...before, ...a), before.length),
          connectionIdKey(a),
        );
      }),
    );
  });
});
