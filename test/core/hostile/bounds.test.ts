import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkName } from '../../../core/chat/names.ts';
import type { PrivateMessage } from '../../../core/chat/types.ts';
import { Inbox } from '../../../core/client/inbox.ts';
import { SimulatedNetwork } from '../../../core/net/simulated.ts';
import { writeMessage, writePing } from '../../../core/protocol/frame.ts';
import { Server } from '../../../core/server/server.ts';
import { Journal, PeerPins } from '../../../core/store/client-files.ts';
import { Pair, patient } from '../protocol/pair.ts';
import { connectionOf, peerAddress, sealed } from '../protocol/two.ts';

describe('whoever holds a connection', () => {
  it('cannot drive its packet numbers beyond what a number holds', () => {
    const victim = connectionOf(false);
    assert.equal(victim.receive(sealed(0, writePing), peerAddress, 0), undefined);
    assert.equal(victim.receive(sealed(2 ** 30, writePing), peerAddress, 1), 'forged');
    assert.equal(victim.receive(sealed(1, writePing), peerAddress, 2), undefined);
  });

  it('is cut off when it opens more conversations than it may', () => {
    const victim = connectionOf(false, { conversationsMax: 1 });
    const open = (conversation: number): Uint8Array =>
      sealed(conversation, (writer) => writeMessage(writer, conversation, 0, new Uint8Array(1)));
    assert.equal(victim.receive(open(0), peerAddress, 0), undefined);
    assert.equal(victim.receive(open(1), peerAddress, 1), 'malformed');
    assert.ok(victim.isClosed);
  });

  it('loses it when it claims no name within ten seconds', async () => {
    const network = new SimulatedNetwork({ seed: 1 });
    const server = await network.settle(
      Server.start({ environment: network.host('10.0.0.1'), port: 6666 }),
      1000,
    );
    const pair = new Pair();
    const environment = network.host('10.0.0.2');
    const { endpoint } = pair.client;
    const target = { host: '10.0.0.1', port: 6666 };
    const transport = await environment.open({
      host: undefined,
      port: 5000,
      onDatagram: (datagram, from) => endpoint.receive(datagram, from, environment.now()),
    });
    const timing = { ...patient, idleTimeoutMs: 60_000 };
    endpoint.connect(
      { address: target, identity: undefined, timing, timeoutMs: 5000 },
      environment.now(),
    );
    const closed: string[] = [];
    for (let tick = 0; tick < 240; tick++) {
      endpoint.handleTimeout(environment.now());
      for (;;) {
        const transmit = endpoint.pollTransmit(environment.now());
        if (transmit === undefined) break;
        transport.send(transmit.datagram, transmit.to);
      }
      for (;;) {
        const event = endpoint.pollEvent();
        if (event === undefined) break;
        if (event.type === 'closed') closed.push(event.reason);
      }
      await network.run(network.now + 50);
    }
    assert.deepEqual(closed, ['no name was claimed']);
    await network.settle(server.close(), 1000);
  });
});

describe('a name', () => {
  it('has no invisible characters, begins with a letter, and heaps no marks', () => {
    for (const name of [
      'ann\u034f',
      'ann\ufe0f',
      '\u1160',
      '\u17b4',
      'ann\u{e0100}',
      '\u0301ann',
    ]) {
      assert.notEqual(checkName(name), undefined, JSON.stringify(name));
    }
    assert.notEqual(checkName(`a${'\u0316'.repeat(4)}`), undefined);
    assert.equal(checkName('zoë'), undefined);
    assert.equal(checkName('मोहन'), undefined);
  });

  it('has one pin however it is spelt', () => {
    const pins = new PeerPins(undefined);
    pins.pin('ann', 'ab'.repeat(32));
    assert.equal(pins.key('ANN'), 'ab'.repeat(32));
    assert.ok(pins.forget('Ann'));
  });
});

describe('messages held back', () => {
  it('are bounded for each sender, and who is beyond hears that theirs did not arrive', () => {
    const inbox = new Inbox({
      journal: new Journal(undefined),
      holdsBack: () => true,
      onShow: () => {},
      onHeldBack: () => {},
    });
    const message = (from: string): PrivateMessage => ({
      type: 'private',
      mid: '',
      from,
      text: '',
      sentAtMs: 0,
      bot: false,
      hops: 0,
      heldBack: false,
      kept: false,
    });
    for (let count = 0; count < 100; count++) assert.ok(inbox.receive(message('mallory')));
    assert.equal(inbox.receive(message('mallory')), false);
    assert.ok(inbox.receive(message('bob')));
  });
});
