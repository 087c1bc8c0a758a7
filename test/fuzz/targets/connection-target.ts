/** A connection whose peer has the keys and says anything: behind the encryption nothing protects but the code itself. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { type Address, sameAddress } from '../../../core/protocol/address.ts';
import { ByteWriter } from '../../../core/protocol/bytes.ts';
import { messageBytesMax } from '../../../core/protocol/chunk.ts';
import { Connection } from '../../../core/protocol/connection.ts';
import type { Transmit } from '../../../core/protocol/connection-event.ts';
import { ReassemblyBudget, windowCost } from '../../../core/protocol/flow.ts';
import { challengeBytes, readFrames, writePathResponse } from '../../../core/protocol/frame.ts';
import { PacketKeys } from '../../../core/protocol/keys.ts';
import {
  connectionIdWords,
  datagramBytesMax,
  dataHeaderBytes,
  readPhaseBit,
  readTruncatedPacketNumber,
  tagBytes,
  writeDataHeader,
} from '../../../core/protocol/packet.ts';
import { patient } from '../../core/protocol/pair.ts';
import { Random } from '../../support/random.ts';
import { claim, type FuzzTarget } from '../target.ts';
import { packetContents } from './codec-targets.ts';

const key = new Uint8Array(32).fill(1);
const crypto = new SodiumCrypto();
const home = { host: '192.0.2.1', port: 5000 };
const elsewhere = { host: '203.0.113.9', port: 5000 };

const noChallenge = { data: new Uint8Array(challengeBytes), to: home };

/** How far time goes on before an input. Milliseconds. */
const pauses = [0, 1, 30, 2000];

/** What the connection may say at once, whatever it was told. Datagrams. */
const answersMax = 128;

/** What stands before the frames of a packet. */
const controls = [0x00, 0x01, 0x10, 0x02, 0x04, 0x11, 0x08, 0x43, 0x12];

/** The connection sends something itself: pause, number of bytes, conversation. */
const speeches = ['80ff', '8010', '8303'].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/**
 * Bits 0 and 1 of the first byte are the pause, 2 and 3 the numbers skipped; bit 4: from another address, 5: the answer
 * to the newest challenge instead of what follows, 6: a number used again, 7: a speech of the connection's own.
 */
class Ordeal {
  /** What all its connections take; they end before the next begins. */
  readonly #budget = new ReassemblyBudget();
  #connection: Connection;
  #keys: PacketKeys;
  #now = 0;
  #nextNumber = 0;
  #sentNumber = -1;
  #challenge: { readonly data: Uint8Array; readonly to: Address } = noChallenge;
  /** Bytes that came from the other address and that went there, until it has proved itself. */
  #balance = { received: 0, sent: 0, isProved: false };

  constructor() {
    this.#connection = this.#open();
    this.#keys = peerKeys(0);
  }

  take(input: Uint8Array): void {
    const control = input[0] ?? 0;
    this.#now += pauses[control & 3] ?? 0;
    this.#connection.handleTimeout(this.#now);
    if ((control & 0x80) === 0) {
      this.#receive(control, input.subarray(1));
    } else {
      this.#connection.send((input[2] ?? 0) & 3, new Uint8Array((input[1] ?? 0) * 40));
    }
    this.#observe();
    if (this.#connection.isClosed) this.#reopen();
  }

  #reopen(): void {
    this.#connection = this.#open();
    this.#keys = peerKeys(this.#now);
    this.#nextNumber = 0;
    this.#sentNumber = -1;
    this.#balance = { received: 0, sent: 0, isProved: false };
  }

  #open(): Connection {
    const random = new Random(1);
    return new Connection({
      crypto,
      random: (count) => random.bytes(count),
      scratch: new ByteWriter(datagramBytesMax),
      keys: { send: key.slice(), receive: key.slice() },
      version: 1,
      remoteConnectionId: new Uint8Array(8),
      remoteAddress: home,
      peerMoves: true,
      rttMs: 20,
      timing: patient,
      conversationsMax: 64,
      budget: this.#budget,
      now: this.#now,
    });
  }

  #receive(control: number, content: Uint8Array): void {
    if ((control & 0x40) === 0) this.#nextNumber += 1 + ((control >>> 2) & 3);
    const from = (control & 0x10) === 0 ? home : elsewhere;
    const answers = (control & 0x20) !== 0;
    const writer = new ByteWriter(datagramBytesMax);
    writeDataHeader(
      writer,
      1,
      this.#keys.phaseBit,
      connectionIdWords(new Uint8Array(8)),
      this.#nextNumber,
    );
    if (answers) writePathResponse(writer, this.#challenge.data);
    else writer.raw(content.subarray(0, datagramBytesMax - dataHeaderBytes - tagBytes));
    writer.raw(new Uint8Array(tagBytes));
    const packet = writer.bytes.slice();
    this.#keys.seal(this.#nextNumber, packet, dataHeaderBytes);
    if (from === elsewhere) this.#balance.received += packet.length;
    // From wherever the answer comes, it proves the address that was asked (RFC 9000 §8.2.3).
    this.#balance.isProved ||= answers && sameAddress(this.#challenge.to, elsewhere);
    this.#connection.receive(packet, from, this.#now);
  }

  /** Whatever it was told, what it says itself keeps the rules. */
  #observe(): void {
    for (let event = this.#connection.pollEvent(); event; event = this.#connection.pollEvent()) {
      const length = event.type === 'messageReceived' ? event.payload.length : 0;
      claim(length <= messageBytesMax, 'no message is longer than messages are');
    }
    for (let answers = 0; ; answers++) {
      const transmit = this.#connection.pollTransmit(this.#now);
      if (transmit === undefined) break;
      claim(answers < answersMax, 'a connection has soon said what it has to say');
      this.#check(transmit);
    }
    const due = this.#connection.pollTimeout();
    claim(due === undefined || !Number.isNaN(due), 'a deadline is an instant');
    claim(this.#budget.bytes <= windowCost + messageBytesMax, 'what waits for its turn is bounded');
    claim(
      !this.#connection.isClosed || this.#budget.bytes === 0,
      'what ends leaves nothing behind',
    );
  }

  #check({ datagram, to }: Transmit): void {
    claim(datagram.length <= datagramBytesMax, 'a packet fits a datagram');
    const number = readTruncatedPacketNumber(datagram);
    claim(number > this.#sentNumber, 'a packet number is used once');
    this.#sentNumber = number;
    const packet = { datagram, number, phaseBit: readPhaseBit(datagram) };
    const content = this.#keys.open(packet, dataHeaderBytes, this.#nextNumber + 1, this.#now);
    claim(content !== undefined, 'a packet opens');
    for (const frame of readFrames(content ?? new Uint8Array())) {
      if (frame.type === 'pathChallenge') {
        this.#challenge = { data: Uint8Array.from(frame.data), to };
      }
    }
    if (!sameAddress(to, elsewhere) || this.#balance.isProved) return;
    this.#balance.sent += datagram.length;
    const { received, sent } = this.#balance;
    claim(sent <= 3 * received, 'an address that has proved nothing gets three times what it sent');
  }
}

/** The keys of whoever holds the other end. */
function peerKeys(now: number): PacketKeys {
  return new PacketKeys(crypto, { send: key.slice(), receive: key.slice() }, now);
}

/** Packets of a peer that has the keys. */
export const connectionTarget: FuzzTarget = {
  name: 'connection',
  share: 6,
  corpus: [
    ...speeches,
    // The answer to the newest challenge, from either address.
    Uint8Array.of(0x30),
    Uint8Array.of(0x20),
    ...packetContents.flatMap((content, at) => {
      const control = controls[at % controls.length] ?? 0;
      return [Uint8Array.of(0, ...content), Uint8Array.of(control, ...content)];
    }),
  ],
  inputsPerLife: 200,
  intact: 0.4,
  begin: () => {
    const ordeal = new Ordeal();
    return (input) => ordeal.take(input);
  },
};
