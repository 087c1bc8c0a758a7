/** A server's endpoint that Ann talks with, and a puppet: a second client whose keys the attacker holds. */

import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { type Address, addressKey } from '../../../core/protocol/address.ts';
import { ByteWriter } from '../../../core/protocol/bytes.ts';
import type { HandshakeInitiator, Identity, TrafficKeys } from '../../../core/protocol/crypto.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import type { EndpointEvent } from '../../../core/protocol/endpoint-event.ts';
import {
  connectionIdBytes,
  connectionIdWords,
  datagramBytesMax,
  datagramForm,
  dataHeaderBytes,
  readTruncatedPacketNumber,
  tagBytes,
  writeDataHeader,
} from '../../../core/protocol/packet.ts';
import { patient } from '../../core/protocol/pair.ts';
import { Random } from '../../support/random.ts';
import { claim } from '../target.ts';

const timing = { ...patient, keepaliveMs: 15_000 };

/** Connections and half-open ones that the server takes. */
const connectionsMax = 12;

/** Datagrams that follow from one input at most. */
const exchangesMax = 600;

/** Long enough for something to be said that fills several packets. Milliseconds. */
const conversationMs = 200;

/** Events kept. */
const eventsMax = 1024;

/** A puppet is replaced before the keys of its connection are. Milliseconds. */
const puppetMs = 60_000;

/** Datagrams kept to be sent again. */
const recordedMax = 256;

export interface Flight {
  readonly datagram: Uint8Array;
  readonly from: Address;
  readonly to: Address;
}

/** Remembers the keys of the newest connection that it has begun. */
class ConfidingCrypto extends SodiumCrypto {
  keys: TrafficKeys | undefined;

  override initiate(
    options: Parameters<SodiumCrypto['initiate']>[0],
  ): HandshakeInitiator | undefined {
    const handshake = super.initiate(options);
    if (handshake === undefined) return undefined;
    return {
      message: handshake.message,
      finish: (message) => {
        const finished = handshake.finish(message);
        if (finished !== undefined) this.keys = finished.keys;
        return finished;
      },
    };
  }
}

/** An endpoint at an address, and what it has told. */
class Party {
  readonly address: Address;
  readonly crypto: ConfidingCrypto = new ConfidingCrypto();
  readonly identity: Identity;
  readonly endpoint: Endpoint;
  readonly events: EndpointEvent[] = [];
  /** Links that have ended. */
  readonly ended: Set<number> = new Set();

  constructor(number: number, seed: number, now: number) {
    const random = new Random(seed);
    this.address = { host: `192.0.2.${number}`, port: 5000 };
    this.identity = this.crypto.identity(new Uint8Array(32).fill(number));
    this.endpoint = new Endpoint({
      crypto: this.crypto,
      random: (count) => random.bytes(count),
      identity: this.identity,
      timing,
      connectionsMax,
      conversationsMax: 4,
      now,
    });
  }

  collect(): void {
    for (;;) {
      const event = this.endpoint.pollEvent();
      if (event === undefined) return;
      this.events.push(event);
      if (this.events.length > eventsMax) this.events.shift();
      if (event.type === 'closed') this.ended.add(event.link);
    }
  }
}

interface Puppet {
  readonly party: Party;
  readonly keys: TrafficKeys;
  readonly connectionId: Uint8Array;
  readonly serverLink: number;
  readonly raisedAt: number;
  nextNumber: number;
}

export class Siege {
  readonly server: Party;
  readonly ann: Party;
  /** Datagrams to the server and to Ann, the newest last. */
  readonly recorded: Flight[] = [];
  now = 0;
  #annLink = 0;
  #serverLink = 0;
  #puppet: Puppet | undefined;
  #puppets = 0;
  /** The client that becomes the puppet once its connection stands, and says nothing by itself from then on. */
  #begun: readonly Party[] = [];
  #said = 0;
  #lastSealed: Uint8Array | undefined;
  /** Bytes that came from a stranger's address and that went there. */
  readonly #balance = { received: 0, sent: 0 };
  readonly stranger: Address = { host: '203.0.113.9', port: 9 };

  constructor() {
    this.server = new Party(1, 1, 0);
    this.ann = new Party(2, 2, 0);
    this.#annLink = this.#connect(this.ann);
    this.settle();
    this.#serverLink = this.#linkTo(this.ann);
  }

  /** The address of whoever the puppet is now. */
  get puppetAddress(): Address {
    return this.#standing().party.address;
  }

  /** Something comes to one of the two from anywhere. */
  inject(datagram: Uint8Array, from: Address, to: Party): void {
    if (from === this.stranger) this.#balance.received += datagram.length;
    to.endpoint.receive(datagram, from, this.now);
    this.settle();
  }

  /** The puppet says something that authenticates. */
  say(plaintext: Uint8Array): void {
    const puppet = this.#standing();
    const writer = new ByteWriter(datagramBytesMax);
    writeDataHeader(writer, 1, 0, connectionIdWords(puppet.connectionId), puppet.nextNumber);
    writer.raw(plaintext.subarray(0, datagramBytesMax - dataHeaderBytes - tagBytes));
    writer.raw(new Uint8Array(tagBytes));
    const packet = writer.bytes.slice();
    puppet.party.crypto.seal(puppet.keys.send, puppet.nextNumber++, packet, dataHeaderBytes);
    this.#lastSealed = packet;
    this.inject(packet, puppet.party.address, this.server);
  }

  /** What it said last comes again, from wherever. */
  repeat(from: Address): void {
    if (this.#lastSealed !== undefined) this.inject(this.#lastSealed, from, this.server);
  }

  /** Ann and the server say something to each other: it arrives, whatever else goes on. */
  converse(length: number): void {
    const payload = new Uint8Array(length).fill(++this.#said);
    this.ann.endpoint.send(this.#annLink, 0, payload);
    this.server.endpoint.send(this.#serverLink, 1, payload);
    this.pass(conversationMs);
    for (const party of [this.ann, this.server]) {
      const link = party === this.ann ? this.#annLink : this.#serverLink;
      const heard = party.events.filter(
        (event) => event.type === 'messageReceived' && event.link === link,
      );
      claim(heard.length === 1, `one message said is one message heard, not ${heard.length}`);
      party.events.length = 0;
    }
  }

  /** Time goes on. */
  pass(ms: number): void {
    const end = this.now + ms;
    this.settle();
    for (let steps = 0; ; steps++) {
      const due = Math.min(
        this.server.endpoint.pollTimeout() ?? Number.POSITIVE_INFINITY,
        this.ann.endpoint.pollTimeout() ?? Number.POSITIVE_INFINITY,
      );
      if (due > end) break;
      claim(steps < exchangesMax, 'time goes on');
      this.now = Math.max(this.now, due);
      for (const { endpoint } of [this.server, this.ann]) endpoint.handleTimeout(this.now);
      this.settle();
    }
    this.now = end;
  }

  /** Everything that follows from what has happened, at once. */
  settle(): void {
    let exchanges = 0;
    for (let isBusy = true; isBusy; ) {
      isBusy = false;
      for (const party of [this.server, this.ann, ...this.#begun]) {
        for (;;) {
          const transmit = party.endpoint.pollTransmit(this.now);
          if (transmit === undefined) break;
          claim(exchanges++ < exchangesMax, 'an exchange ends');
          isBusy = true;
          this.#deliver({ ...transmit, from: party.address });
        }
        party.collect();
      }
    }
    this.#check();
  }

  #deliver(flight: Flight): void {
    const { datagram, from, to } = flight;
    claim(datagram.length <= datagramBytesMax, 'a datagram has 1200 bytes at most');
    const key = addressKey(to);
    if (key === addressKey(this.stranger)) this.#balance.sent += datagram.length;
    const party = [this.server, this.ann, ...this.#begun].find(
      ({ address }) => addressKey(address) === key,
    );
    if (party === undefined) return;
    this.recorded.push(flight);
    if (this.recorded.length > recordedMax) this.recorded.shift();
    party.endpoint.receive(datagram.slice(), from, this.now);
  }

  #check(): void {
    claim(this.server.endpoint.connectionCount <= connectionsMax, 'connections are bounded');
    claim(
      this.#balance.sent <= 3 * this.#balance.received,
      'a stranger gets three times what it sent at most',
    );
    const isOver = this.ann.ended.has(this.#annLink) || this.server.ended.has(this.#serverLink);
    claim(!isOver, 'nobody else ends the connection of Ann');
  }

  #connect(party: Party): number {
    const { address, identity } = this.server;
    return party.endpoint.connect(
      { address, identity: identity.publicKey, timing, timeoutMs: 5000 },
      this.now,
    );
  }

  /** The server's number of the connection of somebody. */
  #linkTo({ identity }: Party): number {
    const event = this.server.events.findLast(
      (each) =>
        each.type === 'connected' && Buffer.compare(each.identity, identity.publicKey) === 0,
    );
    claim(event !== undefined, 'the server takes whoever comes');
    return event?.link ?? 0;
  }

  /** The puppet, or another one where the server has ended its connection. */
  #standing(): Puppet {
    const known = this.#puppet;
    const isUsable =
      known !== undefined &&
      !this.server.ended.has(known.serverLink) &&
      this.now - known.raisedAt < puppetMs;
    if (isUsable) return known;
    if (known !== undefined) this.server.endpoint.close(known.serverLink, 0, 'replaced');
    this.#puppet = this.#raise();
    return this.#puppet;
  }

  #raise(): Puppet {
    const number = 10 + (this.#puppets++ % 200);
    const party = new Party(number, 100 + this.#puppets, this.now);
    this.#begun = [party];
    this.#connect(party);
    this.settle();
    this.#begun = [];
    const packet = this.recorded.findLast(
      ({ datagram, from }) =>
        from === party.address && ((datagram[0] ?? 0) & datagramForm.data) !== 0,
    );
    const { keys } = party.crypto;
    if (packet === undefined || keys === undefined) throw new Error('the puppet was not let in');
    return {
      party,
      keys,
      connectionId: packet.datagram.slice(1, 1 + connectionIdBytes),
      serverLink: this.#linkTo(party),
      raisedAt: this.now,
      nextNumber: readTruncatedPacketNumber(packet.datagram) + 1,
    };
  }
}
