import assert from 'node:assert/strict';
import test from 'node:test';
import { outcomes, Scene } from '../../sim/scene.ts';

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
