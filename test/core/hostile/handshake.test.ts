/** Somebody on the path who is faster than the other side: what it can forge does not keep a client out. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { decodeHello, encodeRetry } from '../../../core/protocol/handshake.ts';
import { datagramForm } from '../../../core/protocol/packet.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { Scene, serverHost } from '../../sim/scene.ts';

/** RETRYs sent so far, by whoever. */
function retryCount(scene: Scene): () => number {
  let count = 0;
  scene.network.watch((datagram) => {
    if (datagram[0] === datagramForm.retry) count++;
  });
  return () => count;
}

describe('a client that comes back', () => {
  test('to a server that has restarted shows its token, and needs no RETRY', async () => {
    const store = new MemoryStore(new Uint8Array(32).fill(1));
    const scene = new Scene();
    const retries = retryCount(scene);
    const first = await scene.serve({ store });
    // The next process' clock begins at zero again; the token's does not.
    await scene.pass(60_000);
    const { client, events } = await scene.connect('ann');
    const before = retries();
    assert.ok(before > 0);
    await scene.settle(first.close());
    await scene.serve({ store });
    await scene.until(() => events.includes('reconnected'));
    assert.equal(retries(), before);
    assert.ok(client.connected);
  });
});

describe('a client that connects', () => {
  test('is not kept out by a RETRY with another key that comes before the true one', async () => {
    const scene = new Scene();
    const { key } = await scene.serve();
    let forged = 0;
    scene.network.watch((datagram, from, to) => {
      const hello = datagram[0] === datagramForm.hello ? decodeHello(datagram) : undefined;
      if (hello === undefined) return;
      forged++;
      const { nonce, versions } = hello;
      const stranger = { version: 1, cookie: new Uint8Array(20), identity: key.toReversed() };
      scene.network.inject(encodeRetry({ nonce, versions, ...stranger }), to, from);
    });
    const { client } = await scene.connect('ann', { serverKey: key });
    assert.ok(forged > 0);
    assert.ok(client.connected);
  });

  test('is not kept out by a RESPONSE that was tampered with', async () => {
    const scene = new Scene();
    await scene.serve();
    let forged = 0;
    scene.network.watch((datagram, from, to) => {
      if (datagram[0] !== datagramForm.response || from.host !== serverHost) return;
      const tampered = datagram.slice();
      tampered.set([(tampered.at(-1) ?? 0) ^ 1], tampered.length - 1);
      forged++;
      scene.network.inject(tampered, from, to);
    });
    const { client } = await scene.connect('ann');
    assert.equal(client.drops.get('forged'), forged);
    assert.ok(client.connected);
  });
});
