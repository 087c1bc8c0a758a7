/** What a peer that keeps its keys but not the rules can do to a connection, and what it cannot. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReassemblyBudget } from '../../../core/protocol/flow.ts';
import {
  writeClose,
  writeDatagram,
  writeMessage,
  writePing,
} from '../../../core/protocol/frame.ts';
import { Pair, utf8 } from './pair.ts';
import { connectionOf, eventsOf, peerAddress, sealed, transmitted } from './two.ts';

describe('a hostile peer', () => {
  it('that sends and never acknowledges loses its connection when a silent one would', () => {
    const right = connectionOf(false);
    right.send(0, utf8('do you hear me?'));
    let endedAt = Number.POSITIVE_INFINITY;
    for (let now = 0; now < 200_000 && endedAt > now; now += 500) {
      right.receive(
        sealed(now / 500, (writer) => writePing(writer)),
        peerAddress,
        now,
      );
      right.handleTimeout(now);
      transmitted(right, now);
      if (right.isClosed) endedAt = now;
    }
    assert.equal(endedAt, 45_000);
  });

  it('cannot keep a message from being acknowledged by what there is no room for beside it', () => {
    const budget = new ReassemblyBudget(0);
    const right = connectionOf(false, { budget });
    const packet = sealed(0, (writer) => {
      writeMessage(writer, 5, 1, utf8('early'));
      writeMessage(writer, 3, 0, utf8('in turn'));
    });
    assert.equal(right.receive(packet, peerAddress, 0), 'overfull');
    const texts = eventsOf(right).flatMap((event) =>
      event.type === 'messageReceived' ? [new TextDecoder().decode(event.payload)] : [],
    );
    assert.deepEqual(texts, ['in turn']);
  });

  it('is told of no more after its CLOSE', () => {
    const right = connectionOf(false);
    const packet = sealed(0, (writer) => {
      writeClose(writer, 0, 'done');
      writeDatagram(writer, utf8('and another thing'));
    });
    right.receive(packet, peerAddress, 0);
    assert.deepEqual(
      eventsOf(right).map(({ type }) => type),
      ['closed'],
    );
  });
});

describe('a message that is lost again', () => {
  it('comes through although the oldest packets are refused each time they come', () => {
    const left = connectionOf(true);
    const right = connectionOf(false, { budget: new ReassemblyBudget(3 * 1064) });
    for (let at = 0; at < 6; at++) left.send(0, new Uint8Array(1000));
    const [, ...others] = transmitted(left, 0);
    for (const packet of others) right.receive(packet, peerAddress, 0);
    // Three have taken the room there is, two are refused; what was lost goes again, and is lost again.
    for (const packet of transmitted(right, 0)) left.receive(packet, peerAddress, 0);
    assert.equal(transmitted(left, 0).length, 1);
    const received = [...eventsOf(right)];
    for (let now = 0; now < 5000; now += 5) {
      left.handleTimeout(now);
      for (const packet of transmitted(left, now)) right.receive(packet, peerAddress, now);
      right.handleTimeout(now);
      for (const packet of transmitted(right, now)) left.receive(packet, peerAddress, now);
      received.push(...eventsOf(right));
    }
    assert.equal(received.filter(({ type }) => type === 'messageReceived').length, 6);
  });
});

describe('datagrams that wait', () => {
  it('share the way with messages, however many there are', () => {
    const left = connectionOf(true);
    const right = connectionOf(false);
    for (let at = 0; at < 60; at++) left.sendDatagram(new Uint8Array(1100));
    left.send(0, new Uint8Array(20_000));
    const packets = transmitted(left, 0);
    for (const packet of packets) right.receive(packet, peerAddress, 0);
    const datagrams = eventsOf(right).filter(({ type }) => type === 'datagramReceived');
    assert.equal(packets.length, 10);
    assert.equal(datagrams.length, 5);
  });
});

describe('a half-open connection', () => {
  it('is not opened by a packet that nobody has authenticated, whatever its number', () => {
    const pair = new Pair();
    pair.route = (flight) => {
      const { datagram } = flight;
      if (((datagram[0] ?? 0) & 0x40) === 0) return [flight];
      const changed = datagram.slice();
      changed.fill(0x7f, 9, 13);
      return [{ ...flight, datagram: changed }];
    };
    pair.connect();
    pair.run(1000);
    assert.deepEqual(pair.server.links, []);
  });
});
