import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ByteWriter } from '../../../core/protocol/bytes.ts';
import type { Connection } from '../../../core/protocol/connection.ts';
import { ReassemblyBudget } from '../../../core/protocol/flow.ts';
import { writeAck, writeClose, writeMessage, writePing } from '../../../core/protocol/frame.ts';
import { Random } from '../../support/random.ts';
import { patient, utf8 } from './pair.ts';
import { connectionOf, eventsOf, peerAddress, sealed, Two, transmitted } from './two.ts';

function typesOf(connection: Connection): readonly string[] {
  return eventsOf(connection).map(({ type }) => type);
}

describe('a connection', () => {
  it('delivers the messages of one turn in one datagram, and owes one ACK', () => {
    const { left, right } = new Two();
    for (let at = 0; at < 20; at++) left.send(at % 2, utf8(`message ${at}`));
    const packets = transmitted(left, 0);
    assert.equal(packets.length, 1);
    for (const packet of packets) assert.equal(right.receive(packet, peerAddress, 10), undefined);
    assert.equal(typesOf(right).length, 20);
    assert.equal(transmitted(right, 10).length, 0);
    right.handleTimeout(35);
    assert.equal(transmitted(right, 35).length, 1);
  });

  it('sends no datagram above 1200 bytes', () => {
    const { left } = new Two();
    for (const length of [0, 1, 1099, 1100, 1101, 1170, 5000]) left.send(3, new Uint8Array(length));
    const sizes = transmitted(left, 0).map(({ length }) => length);
    assert.ok(Math.max(...sizes) <= 1200, String(sizes));
  });

  it('drops a replayed datagram and a forged one, and goes on', () => {
    const { left, right } = new Two();
    left.send(0, utf8('once'));
    const [packet] = transmitted(left, 0);
    assert.ok(packet);
    const forged = packet.slice();
    forged[20] = (forged[20] ?? 0) ^ 1;
    assert.equal(right.receive(forged, peerAddress, 0), 'forged');
    assert.equal(right.receive(packet, peerAddress, 0), undefined);
    assert.equal(right.receive(packet, peerAddress, 0), 'replayed');
    assert.equal(right.receive(packet.subarray(0, 29), peerAddress, 0), 'malformed');
    assert.deepEqual(typesOf(right), ['messageReceived']);
  });

  it('authenticates its header, too', () => {
    for (const at of [0, 3, 12]) {
      const { right } = new Two();
      const packet = sealed(0, writePing);
      packet[at] = (packet[at] ?? 0) ^ 2;
      assert.equal(right.receive(packet, peerAddress, 0), 'forged');
    }
  });

  it('accepts packet numbers across 2^32', () => {
    const { right } = new Two();
    // As far apart as packet numbers may be.
    const steps = Array.from({ length: 256 }, (_, step) => step * 2 ** 24);
    for (const packetNumber of [...steps, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1]) {
      assert.equal(
        right.receive(sealed(packetNumber, writePing), peerAddress, 0),
        undefined,
        `${packetNumber}`,
      );
    }
    assert.equal(right.receive(sealed(2 ** 32 - 1, writePing), peerAddress, 0), 'replayed');
  });

  it('closes with code 1 when the peer breaks the protocol', () => {
    const violations: Record<string, (writer: ByteWriter) => void> = {
      'ACK of a packet never sent': (writer) => writeAck(writer, 0, [{ first: 0, last: 0 }]),
      'unknown frame 63': (writer) => writer.uint8(63),
      'too many frames': (writer) => {
        for (let at = 0; at < 257; at++) writePing(writer);
      },
      'a packet without frames': (writer) => writer.raw(new Uint8Array(9)),
      'input ends early': (writer) => writer.raw(Uint8Array.of(3, 0, 0, 9)),
    };
    for (const [reason, write] of Object.entries(violations)) {
      const { right } = new Two();
      assert.equal(right.receive(sealed(0, write), peerAddress, 0), 'malformed');
      assert.deepEqual(eventsOf(right), [{ type: 'closed', by: 'local', code: 1, reason }]);
      assert.ok(right.isClosed);
    }
  });

  it('takes nothing of a packet that is malformed', () => {
    const { right } = new Two();
    const packet = sealed(0, (writer) => {
      writeMessage(writer, 0, 0, utf8('half'));
      writer.uint8(63);
    });
    right.receive(packet, peerAddress, 0);
    assert.deepEqual(typesOf(right), ['closed']);
  });

  it('skips extension frames, and acknowledges them', () => {
    const { right } = new Two();
    const packet = sealed(0, (writer) => writer.raw(Uint8Array.of(0x40, 2, 9, 9, 0, 0)));
    assert.equal(right.receive(packet, peerAddress, 0), undefined);
    assert.equal(right.isClosed, false);
    right.handleTimeout(25);
    assert.equal(transmitted(right, 25).length, 1);
  });

  it('does not acknowledge what it has no room for, and takes it once it has', () => {
    const budget = new ReassemblyBudget(20_000);
    const { right } = new Two({}, { budget });
    let packetNumber = 0;
    const message = (sequence: number): Uint8Array =>
      sealed(packetNumber++, (writer) => writeMessage(writer, 0, sequence, new Uint8Array(1000)));
    let sequence = 1;
    while (right.receive(message(sequence), peerAddress, 0) === undefined) sequence++;
    assert.equal(right.receive(message(sequence), peerAddress, 0), 'overfull');
    right.receive(message(0), peerAddress, 0);
    assert.equal(right.receive(message(sequence), peerAddress, 0), undefined);
    assert.equal(typesOf(right).length, sequence + 1);
  });

  it('goes on at once with a peer that has slept, however often it was probed meanwhile', () => {
    const { left, right } = new Two();
    const texts = Array.from({ length: 12 }, (_, at) => `${at}`.padEnd(900, '.'));
    for (const text of texts) left.send(0, utf8(text));
    const [first] = transmitted(left, 0);
    assert.ok(first);
    // For twenty seconds nothing arrives, and then one packet of the first ones.
    for (let now = 1; now < 20_000; now++) {
      left.handleTimeout(now);
      transmitted(left, now);
    }
    right.receive(first, peerAddress, 20_000);
    for (let now = 20_000; now < 21_000; now++) {
      right.handleTimeout(now);
      for (const packet of transmitted(right, now)) left.receive(packet, peerAddress, now);
      left.handleTimeout(now);
      for (const packet of transmitted(left, now)) right.receive(packet, peerAddress, now);
    }
    const received = eventsOf(right).filter(({ type }) => type === 'messageReceived').length;
    assert.equal(received, texts.length);
  });

  it('sends as fast as the other side hands on, and no faster', () => {
    const { left, right } = new Two();
    for (let at = 0; at < 40; at++) left.send(0, new Uint8Array(60_000));
    let now = 0;
    const texts = (): number =>
      eventsOf(right).filter(({ type }) => type === 'messageReceived').length;
    let received = 0;
    for (; received < 40 && now < 5000; now++) {
      left.handleTimeout(now);
      right.handleTimeout(now);
      const packets = transmitted(left, now);
      for (const packet of packets)
        assert.equal(right.receive(packet, peerAddress, now), undefined);
      for (const packet of transmitted(right, now)) left.receive(packet, peerAddress, now);
      received += texts();
    }
    assert.equal(received, 40);
    assert.equal(left.queuedBytes, 0);
  });

  it('asks for an ACK at once with what fills its window', () => {
    const { left, right } = new Two();
    for (let at = 0; at < 20; at++) left.send(0, new Uint8Array(1000));
    const packets = transmitted(left, 0);
    assert.equal(packets.length, 11);
    // An ACK that is lost: ten packets must not have come since.
    for (const packet of packets.slice(0, 5)) right.receive(packet, peerAddress, 0);
    right.handleTimeout(25);
    assert.equal(transmitted(right, 25).length, 1);
    for (const packet of packets.slice(5, -2)) right.receive(packet, peerAddress, 30);
    assert.equal(transmitted(right, 30).length, 0);
    for (const packet of packets.slice(-2)) right.receive(packet, peerAddress, 30);
    assert.equal(transmitted(right, 30).length, 1);
  });

  it('sends lost messages again, and each arrives once', () => {
    const { left, right } = new Two();
    for (let at = 0; at < 5; at++) {
      left.send(0, utf8(`message ${at}`));
      const packets = transmitted(left, at);
      if (at !== 1) for (const packet of packets) right.receive(packet, peerAddress, at + 10);
    }
    for (const packet of transmitted(right, 14)) left.receive(packet, peerAddress, 24);
    for (const packet of transmitted(left, 24)) right.receive(packet, peerAddress, 34);
    const texts = eventsOf(right).map((event) =>
      event.type === 'messageReceived' ? new TextDecoder().decode(event.payload) : event.type,
    );
    assert.deepEqual(
      texts,
      [0, 1, 2, 3, 4].map((at) => `message ${at}`),
    );
  });

  it('probes with two packets and doubles its patience while nobody answers', () => {
    const { left } = new Two();
    left.send(0, utf8('anybody?'));
    transmitted(left, 0);
    const probes: number[] = [];
    const instants: number[] = [];
    for (let probe = 0; probe < 3; probe++) {
      const due = left.pollTimeout() ?? Number.NaN;
      left.handleTimeout(due);
      instants.push(due);
      probes.push(transmitted(left, due).length);
    }
    assert.deepEqual(probes, [2, 2, 2]);
    // 20 + 4 × 10 + 25, doubled.
    assert.deepEqual(instants, [85, 85 + 170, 85 + 170 + 340]);
  });

  it('counts the bytes that wait', () => {
    const { left } = new Two();
    left.send(0, new Uint8Array(60_000));
    assert.ok(left.queuedBytes > 60_000);
    // The window holds the rest back.
    transmitted(left, 0);
    assert.ok(left.queuedBytes > 45_000 && left.queuedBytes < 50_000);
  });
});

describe('the life of a connection', () => {
  it('ends for lack of any sign of the other side', () => {
    const { left } = new Two({ timing: { ...patient, idleTimeoutMs: 45_000 } });
    left.handleTimeout(44_999);
    assert.equal(left.isClosed, false);
    assert.equal(left.pollTimeout(), 45_000);
    left.handleTimeout(45_000);
    assert.deepEqual(eventsOf(left), [
      { type: 'closed', by: 'idle', code: 0, reason: 'no sign of life' },
    ]);
    assert.equal(left.pollTimeout(), undefined);
    assert.deepEqual(transmitted(left, 45_000), []);
  });

  it('tells a silence once, and its end', () => {
    const { left, right } = new Two({ timing: { ...patient, silenceMs: 2500 } });
    left.send(0, utf8('hello?'));
    const [packet] = transmitted(left, 1000);
    assert.ok(packet);
    for (let now = 1000; now < 6000; now += 100) {
      left.handleTimeout(now);
      transmitted(left, now);
      const expected = now === 3500 ? ['silenceExceeded'] : [];
      assert.deepEqual(typesOf(left), expected, String(now));
    }
    right.receive(packet, peerAddress, 6000);
    right.handleTimeout(6025);
    for (const ack of transmitted(right, 6025)) left.receive(ack, peerAddress, 6050);
    assert.deepEqual(typesOf(left), ['silenceBroken']);
  });

  it('is never silent while nothing awaits an answer', () => {
    const two = new Two({ timing: { ...patient, silenceMs: 2500 } });
    two.left.send(0, utf8('hello'));
    two.left.send(0, utf8('again'));
    two.exchange(0);
    two.right.handleTimeout(25);
    two.exchange(25);
    two.left.handleTimeout(40_000);
    assert.deepEqual(typesOf(two.left), []);
  });

  it('is kept by a PING when nothing was said for the keepalive time', () => {
    const two = new Two({ timing: { ...patient, keepaliveMs: 15_000 } });
    two.left.handleTimeout(14_999);
    assert.equal(transmitted(two.left, 14_999).length, 0);
    for (let now = 15_000; now <= 150_000; now += 25) {
      two.left.handleTimeout(now);
      two.right.handleTimeout(now);
      two.exchange(now);
    }
    assert.equal(two.left.isClosed, false);
    assert.equal(two.right.isClosed, false);
    assert.deepEqual(typesOf(two.left), []);
  });

  it('can change its patience', () => {
    const { left } = new Two({ timing: { ...patient, silenceMs: 10_000 } });
    left.setTiming({ silenceMs: 100 });
    left.ping();
    transmitted(left, 0);
    left.handleTimeout(100);
    assert.deepEqual(typesOf(left), ['silenceExceeded']);
  });

  it('answers a ping, and says so once', () => {
    const two = new Two();
    two.left.ping();
    two.exchange(0);
    two.right.handleTimeout(25);
    two.exchange(25);
    assert.deepEqual(typesOf(two.left), ['answered']);
    two.left.send(0, utf8('more'));
    two.exchange(30);
    two.right.handleTimeout(55);
    two.exchange(55);
    assert.deepEqual(typesOf(two.left), []);
  });

  it('does not take an ACK of something older for the answer to a ping', () => {
    const { left, right } = new Two();
    left.send(0, utf8('a'));
    left.send(0, utf8('b'));
    for (const packet of transmitted(left, 0)) right.receive(packet, peerAddress, 0);
    right.handleTimeout(25);
    const acks = transmitted(right, 25);
    left.ping();
    for (const ack of acks) left.receive(ack, peerAddress, 26);
    assert.deepEqual(typesOf(left), []);
  });

  it('ends with two copies of a CLOSE and sends nothing after', () => {
    const { left, right } = new Two();
    left.send(0, utf8('too late'));
    left.close(20, 'the server is shutting down');
    left.send(0, utf8('far too late'));
    const packets = transmitted(left, 0);
    assert.equal(packets.length, 2);
    assert.notDeepEqual(packets[0], packets[1]);
    for (const packet of packets) right.receive(packet, peerAddress, 0);
    const reason = 'the server is shutting down';
    assert.deepEqual(eventsOf(left), [{ type: 'closed', by: 'local', code: 20, reason }]);
    assert.deepEqual(eventsOf(right), [{ type: 'closed', by: 'peer', code: 20, reason }]);
    assert.deepEqual(transmitted(right, 0), []);
    assert.deepEqual(transmitted(left, 99), []);
    assert.equal(right.receive(sealed(9, writePing), peerAddress, 99), 'ended');
  });

  it('tells the messages before a CLOSE in the same packet', () => {
    const { right } = new Two();
    const packet = sealed(0, (writer) => {
      writeMessage(writer, 0, 0, utf8('last words'));
      writeClose(writer, 0, 'done');
    });
    right.receive(packet, peerAddress, 0);
    assert.deepEqual(typesOf(right), ['messageReceived', 'closed']);
  });

  it('ends at once when the peer has forgotten it', () => {
    const { left } = new Two();
    left.send(0, utf8('hello'));
    left.reset();
    left.reset();
    assert.deepEqual(eventsOf(left), [
      { type: 'closed', by: 'reset', code: 0, reason: 'the peer restarted' },
    ]);
    assert.deepEqual(transmitted(left, 0), []);
  });
});

it('answers at another instant than other connections that receive the same at once', () => {
  const deadlines = Array.from({ length: 20 }, (_, seed) => {
    const random = new Random(seed);
    const connection = connectionOf(false, { random: (count) => random.bytes(count) });
    connection.receive(sealed(0, writePing), peerAddress, 0);
    transmitted(connection, 0);
    connection.receive(
      sealed(1, (writer) => writeMessage(writer, 0, 0, new Uint8Array(5))),
      peerAddress,
      1,
    );
    return connection.pollTimeout();
  });
  assert.ok(
    deadlines.every((deadline) => deadline !== undefined && deadline >= 11 && deadline <= 26),
  );
  assert.ok(new Set(deadlines).size >= 15);
});
