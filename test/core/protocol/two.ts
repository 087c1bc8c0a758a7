/** Two connections that are each other's peer; datagrams travel only when a test says so. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { ByteWriter } from '../../../core/protocol/bytes.ts';
import { Connection, type ConnectionOptions } from '../../../core/protocol/connection.ts';
import type { ConnectionEvent, Transmit } from '../../../core/protocol/connection-event.ts';
import { connectionIdWords, tagBytes, writeDataHeader } from '../../../core/protocol/packet.ts';
import { Random } from '../../support/random.ts';
import { patient } from './pair.ts';

const connectionId = new Uint8Array(8);
const crypto = new SodiumCrypto();

/** Where each side sees the other. */
export const peerAddress = { host: '192.0.2.1', port: 5000 };

function keysOf(isLeft: boolean): { readonly send: Uint8Array; readonly receive: Uint8Array } {
  const [ours, theirs] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  return isLeft ? { send: ours, receive: theirs } : { send: theirs, receive: ours };
}

/** One side, with keys that fit the other. */
export function connectionOf(
  isLeft: boolean,
  options: Partial<ConnectionOptions> = {},
): Connection {
  const random = new Random(isLeft ? 1 : 2);
  return new Connection({
    crypto,
    random: (count) => random.bytes(count),
    scratch: new ByteWriter(1200),
    keys: keysOf(isLeft),
    version: 1,
    remoteConnectionId: connectionId,
    remoteAddress: peerAddress,
    peerMoves: true,
    rttMs: 20,
    timing: patient,
    now: 0,
    ...options,
  });
}

export class Two {
  readonly left: Connection;
  readonly right: Connection;

  constructor(left: Partial<ConnectionOptions> = {}, right: Partial<ConnectionOptions> = {}) {
    this.left = connectionOf(true, left);
    this.right = connectionOf(false, right);
  }

  /** Both send, and everything arrives at once, until nobody has anything to send. */
  exchange(now: number): void {
    for (;;) {
      const packets = [transmitted(this.left, now), transmitted(this.right, now)] as const;
      if (packets[0].length + packets[1].length === 0) return;
      for (const packet of packets[0]) this.right.receive(packet, peerAddress, now);
      for (const packet of packets[1]) this.left.receive(packet, peerAddress, now);
    }
  }
}

/** Everything a connection has to send now. */
export function transmits(connection: Connection, now: number): readonly Transmit[] {
  const all: Transmit[] = [];
  for (;;) {
    const transmit = connection.pollTransmit(now);
    if (transmit === undefined) return all;
    all.push(transmit);
  }
}

/** The same without where it goes. */
export function transmitted(connection: Connection, now: number): readonly Uint8Array[] {
  return transmits(connection, now).map(({ datagram }) => datagram);
}

export function eventsOf(connection: Connection): readonly ConnectionEvent[] {
  const events: ConnectionEvent[] = [];
  for (;;) {
    const event = connection.pollEvent();
    if (event === undefined) return events;
    events.push(event);
  }
}

/** A packet as the left side would seal it, with frames of the test's choice. */
export function sealed(packetNumber: number, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  writeDataHeader(writer, 1, 0, connectionIdWords(connectionId), packetNumber);
  const headerBytes = writer.length;
  write(writer);
  const packet = new Uint8Array(writer.length + tagBytes);
  packet.set(writer.bytes);
  crypto.seal(keysOf(true).send, packetNumber, packet, headerBytes);
  return packet;
}
