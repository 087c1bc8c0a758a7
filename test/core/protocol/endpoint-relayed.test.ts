import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AdmissionLimits } from '../../../core/protocol/admission.ts';
import { relayedDatagramBytesMax } from '../../../core/protocol/packet.ts';
import { formOf, type Host, Network, patient, utf8 } from './pair.ts';

/** Two peers behind the server's relay: each is an address to the other. */
function relayed(admission: Partial<AdmissionLimits> = {}): {
  readonly network: Network;
  readonly ann: Host;
  readonly bob: Host;
} {
  const network = new Network(10);
  const ann = network.add({ seed: 1, address: { host: `relay-${'0a'.repeat(32)}`, port: 0 } });
  const bob = network.add({
    seed: 2,
    address: { host: `relay-${'0b'.repeat(32)}`, port: 0 },
    admission,
  });
  return { network, ann, bob };
}

function connect(network: Network, from: Host, to: Host): number {
  const target = { address: to.address, identity: to.identity.publicKey };
  return from.endpoint.connect({ ...target, timing: patient, timeoutMs: 5000 }, network.now);
}

// docs/PROTOCOL.md §3.
describe('a handshake over the relay', () => {
  it('makes the responder send no more than it got, of which its share of the relay would go', () => {
    const { network, ann, bob } = relayed();
    connect(network, ann, bob);
    network.run(100);
    const bytesOf = (form: string): readonly number[] =>
      network.sent.flatMap(({ datagram }) => (formOf(datagram) === form ? datagram.length : []));
    assert.ok(Math.max(...bytesOf('retry')) <= Math.min(...bytesOf('hello')));
    assert.ok(Math.max(...bytesOf('response')) <= Math.min(...bytesOf('init')));
  });

  it('makes a connection with datagrams that are hardly padded', () => {
    const { network, ann, bob } = relayed();
    const link = connect(network, ann, bob);
    network.run(40);
    assert.deepEqual(ann.links, [link]);
    ann.endpoint.send(link, 0, utf8('psst'));
    network.run(40);
    assert.deepEqual(bob.texts, ['psst']);
    for (const { datagram } of network.sent) {
      const bytesMax = formOf(datagram) === 'data' ? relayedDatagramBytesMax : 200;
      assert.ok(datagram.length <= bytesMax, `${datagram.length} bytes of ${formOf(datagram)}`);
    }
  });

  it('takes one round trip where both have met', () => {
    const { network, ann, bob } = relayed();
    connect(network, ann, bob);
    network.run(100);
    const link = connect(network, ann, bob);
    network.run(20);
    assert.ok(ann.links.includes(link));
  });

  it('is not padded, and so not taken, from anywhere else', () => {
    const { network, ann, bob } = relayed();
    connect(network, ann, bob);
    network.run(100);
    const before = network.sent.length;
    for (const form of ['hello', 'init']) {
      const flight = network.sent.find(({ datagram }) => formOf(datagram) === form);
      assert.ok(flight);
      network.inject({ ...flight, from: { host: '192.0.2.66', port: 5000 } });
    }
    network.run(100);
    assert.equal(bob.endpoint.drops.get('malformed'), 2);
    assert.equal(network.sent.length, before);
  });

  it('counts for its peer alone', () => {
    const { network, ann, bob } = relayed({ addressConnections: 1 });
    const carol = network.add({ seed: 3, address: { host: `relay-${'0c'.repeat(32)}`, port: 0 } });
    connect(network, ann, bob);
    connect(network, ann, bob);
    network.run(1000);
    assert.equal(bob.endpoint.connectionCount, 1);
    assert.ok((bob.endpoint.drops.get('addressFull') ?? 0) > 0);
    connect(network, carol, bob);
    network.run(1000);
    assert.equal(carol.links.length, 1);
  });
});
