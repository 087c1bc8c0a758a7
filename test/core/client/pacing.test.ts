import assert from 'node:assert/strict';
import test from 'node:test';
import { BanterError } from '../../../core/errors.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { outcomes, Scene } from '../../sim/scene.ts';
import { storeAround } from '../../support/store-around.ts';

test('a client that sends more bytes than its server takes is slowed down, not failed', async () => {
  const scene = new Scene();
  await scene.serve();
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  const beganAt = scene.network.now;
  const texts = Array.from({ length: 20 }, (_, at) => `${at} ${'.'.repeat(59_000)}`);
  const sends = texts.map((text) => ann.client.sendGroup('hall', text));
  assert.deepEqual(new Set(await scene.settle(outcomes(sends))), new Set([undefined]));
  // Twenty messages are a burst of 512 KiB and then 256 KiB a second.
  const tookMs = scene.network.now - beganAt;
  assert.ok(tookMs > 2400 && tookMs < 6000, `${tookMs} ms`);
  await scene.until(() => bob.heard.length === texts.length);
});

test('a client asks again when its server has said, and not before', async () => {
  const scene = new Scene();
  const server = await scene.serve({ limits: { requestBurst: 4, requestsPerSecond: 1 } });
  const ann = await scene.connect('ann');
  await scene.gather('hall', [ann]);
  await scene.pass(1000);
  await scene.settle(ann.client.sendGroup('hall', 'first'));
  await scene.settle(ann.client.sendGroup('hall', 'second'));
  const [asked, beganAt] = [server.stats.requests, scene.network.now];
  await scene.settle(ann.client.sendGroup('hall', 'third'));
  const tookMs = scene.network.now - beganAt;
  assert.ok(tookMs > 900 && tookMs < 1200, `${tookMs} ms`);
  // Refused once, and granted: its own guesses would have come earlier.
  assert.equal(server.stats.requests - asked, 2);
});

test('what is granted only after longer than anybody waits is refused at once, with the time', async () => {
  const scene = new Scene();
  await scene.serve({ limits: { requestByteBurst: 65_536, requestBytesPerSecond: 1 } });
  const ann = await scene.connect('ann');
  await scene.gather('hall', [ann]);
  const send = () => scene.settle(ann.client.sendGroup('hall', '.'.repeat(60_000)));
  await send();
  const beganAt = scene.network.now;
  await assert.rejects(send(), (error) => {
    assert.ok(error instanceof BanterError && error.code === 'RATE_LIMITED', String(error));
    const { retryMs } = error.data;
    assert.ok(typeof retryMs === 'number' && retryMs > 50_000_000 && retryMs < 60_000_000);
    assert.match(error.remedy, /more slowly\. Try again in 1\d h\.$/);
    return true;
  });
  assert.ok(scene.network.now - beganAt < 100);
});

test('a store that falls silent costs nobody a connection, and no message is lost or doubled', async () => {
  const scene = new Scene();
  const disk = new MemoryStore(new Uint8Array(32).fill(1));
  let awaited: PromiseWithResolvers<void> | undefined;
  const store = storeAround(disk, {
    write: (changes) => awaited?.promise.then(() => disk.write(changes)) ?? disk.write(changes),
  });
  const server = await scene.serve({ store, limits: { unstored: 8, heldBytes: 100_000 } });
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  awaited = Promise.withResolvers();
  const texts = Array.from({ length: 30 }, (_, at) => `${at} ${'.'.repeat(9000)}`);
  const sends = texts.map((text) => ann.client.sendGroup('hall', text));
  await scene.pass(8000);
  assert.deepEqual(bob.heard, []);
  assert.ok(server.stats.unstored <= 9, `${server.stats.unstored} changes`);
  awaited.resolve();
  awaited = undefined;
  assert.deepEqual(new Set(await scene.settle(outcomes(sends))), new Set([undefined]));
  await scene.until(() => bob.heard.length === texts.length);
  assert.deepEqual(bob.heard.toSorted(), texts.toSorted());
  assert.deepEqual([...ann.events, ...bob.events], []);
});
