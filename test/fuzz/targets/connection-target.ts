/** A connection whose peer has the keys and says anything: behind the encryption nothing protects but the code itself. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { ByteReader, ByteWriter } from '../../../core/protocol/bytes.ts';
import { Connection } from '../../../core/protocol/connection.ts';
import { messageBytesMax } from '../../../core/protocol/conversation.ts';
import { readFrame } from '../../../core/protocol/frame.ts';
import {
  datagramBytesMax,
  dataHeaderBytes,
  readTruncatedPacketNumber,
  tagBytes,
  writeDataHeader,
} from '../../../core/protocol/packet.ts';
import { patient } from '../../core/protocol/pair.ts';
import { claim, type FuzzTarget } from '../target.ts';
import { packetContents } from './codec-targets.ts';

const key = new Uint8Array(32).fill(1);
const crypto = new SodiumCrypto();

/** How far time goes on before an input. Milliseconds. */
const pauses = [0, 1, 30, 2000];

/** What the connection may say at once, whatever it was told. Datagrams. */
const answersMax = 128;

/** The bytes before the frames of a packet: the pause, and how many numbers are skipped. */
const controls = [0x00, 0x01, 0x02, 0x04, 0x08, 0x43];

/** The connection sends something itself: pause, number of bytes, conversation. */
const speeches = ['80ff', '8010', '8303'].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/** Bits 0 and 1 of the first byte are the pause, 2 and 3 the numbers skipped, 6 a number used again, 7 a speech. */
class Ordeal {
  #connection: Connection;
  #now = 0;
  #nextNumber = 0;
  #sentNumber = -1;

  constructor() {
    this.#connection = this.#open();
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
    if (this.#connection.isClosed) this.#connection = this.#open();
  }

  #open(): Connection {
    this.#nextNumber = 0;
    this.#sentNumber = -1;
    return new Connection({
      crypto,
      scratch: new ByteWriter(datagramBytesMax),
      keys: { send: key, receive: key },
      version: 1,
      remoteConnectionId: new Uint8Array(8),
      remoteAddress: { host: '192.0.2.1', port: 5000 },
      remoteIdentity: new Uint8Array(32),
      rttMs: 20,
      timing: patient,
      conversationsMax: 64,
      now: this.#now,
    });
  }

  #receive(control: number, plaintext: Uint8Array): void {
    if ((control & 0x40) === 0) this.#nextNumber += 1 + ((control >>> 2) & 3);
    const writer = new ByteWriter(datagramBytesMax);
    writeDataHeader(writer, 1, new Uint8Array(8), this.#nextNumber);
    writer.raw(plaintext.subarray(0, datagramBytesMax - dataHeaderBytes - tagBytes));
    writer.raw(new Uint8Array(tagBytes));
    const packet = writer.bytes.slice();
    crypto.seal(key, this.#nextNumber, packet, dataHeaderBytes);
    this.#connection.receive(packet, this.#now);
  }

  /** Whatever it was told, what it says itself keeps the rules. */
  #observe(): void {
    for (let event = this.#connection.pollEvent(); event; event = this.#connection.pollEvent()) {
      const length = event.type === 'messageReceived' ? event.payload.length : 0;
      claim(length <= messageBytesMax, 'no message is longer than messages are');
    }
    for (let answers = 0; ; answers++) {
      const datagram = this.#connection.pollTransmit(this.#now);
      if (datagram === undefined) break;
      claim(answers < answersMax, 'a connection has soon said what it has to say');
      this.#check(datagram);
    }
    const due = this.#connection.pollTimeout();
    claim(due === undefined || Number.isFinite(due), 'a deadline is an instant');
  }

  #check(datagram: Uint8Array): void {
    claim(datagram.length <= datagramBytesMax, 'a packet fits a datagram');
    const number = readTruncatedPacketNumber(datagram);
    claim(number > this.#sentNumber, 'a packet number is used once');
    this.#sentNumber = number;
    const plaintext = crypto.open(key, number, datagram, dataHeaderBytes);
    claim(plaintext !== undefined, 'a packet opens');
    const reader = new ByteReader(plaintext ?? new Uint8Array());
    while (reader.remaining > 0) readFrame(reader);
  }
}

/** Packets of a peer that has the keys. */
export const connectionTarget: FuzzTarget = {
  name: 'connection',
  share: 6,
  corpus: [
    ...speeches,
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
