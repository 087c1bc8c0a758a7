/** Many messages in one frame (docs/PROTOCOL.md §5). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Connection } from '../../../core/protocol/connection.ts';
import { ReassemblyBudget } from '../../../core/protocol/flow.ts';
import { writeMessages } from '../../../core/protocol/frame.ts';
import { eventsOf, peerAddress, sealed, Two, transmitted } from './two.ts';

function messagesIn(connection: Connection): number {
  return eventsOf(connection).filter(({ type }) => type === 'messageReceived').length;
}

describe('a connection', () => {
  it('takes of a MESSAGES without room what is next in its conversation', () => {
    const budget = new ReassemblyBudget(1200);
    const { right } = new Two({}, { budget });
    let packetNumber = 0;
    const messages = (conversation: number, sequence: number): Uint8Array =>
      sealed(packetNumber++, (writer) => {
        const payloads = [new Uint8Array(500), new Uint8Array(500)];
        writeMessages(writer, conversation, sequence, payloads);
      });
    const overfull = messages(0, 3);
    assert.equal(right.receive(messages(1, 1), peerAddress, 0), undefined);
    assert.equal(right.receive(overfull, peerAddress, 0), 'overfull');
    assert.equal(right.receive(messages(0, 0), peerAddress, 0), undefined);
    assert.equal(messagesIn(right), 2);
    // Its second message waits for nothing but the first one, for which there is room.
    assert.equal(right.receive(messages(1, 0), peerAddress, 0), undefined);
    assert.equal(messagesIn(right), 3);
    assert.equal(right.receive(overfull, peerAddress, 0), undefined);
    assert.equal(right.receive(messages(0, 2), peerAddress, 0), undefined);
    assert.equal(messagesIn(right), 3);
  });

  it('puts no more messages into a packet than the other side takes, however short they are', () => {
    const { left, right } = new Two();
    let offered = 0;
    const nothing = new Uint8Array();
    for (let at = 0; at < 1000; at++) left.send(0, nothing);
    left.offer(() => (offered++ < 1000 ? { conversation: 1, payload: nothing } : undefined));
    for (let now = 0; now < 500; now += 25) {
      for (const packet of transmitted(left, now)) {
        assert.equal(right.receive(packet, peerAddress, now), undefined);
      }
    }
    assert.equal(messagesIn(right), 2000);
  });

  it('fits nine messages of 127 bytes into a datagram, whatever the conversation', () => {
    const { left, right } = new Two();
    let offered = 0;
    const message = new Uint8Array(127);
    left.offer(() => (offered++ < 9 ? { conversation: 4000, payload: message } : undefined));
    const [packet, ...others] = transmitted(left, 0);
    assert.ok(packet);
    assert.deepEqual(others, []);
    assert.equal(right.receive(packet, peerAddress, 0), undefined);
    assert.equal(messagesIn(right), 9);
  });
});
