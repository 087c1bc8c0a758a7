/** How long a message takes from its sender's call to another member's ear, in virtual time; and what it costs. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { seeFrames, timesSent } from './frames-seen.ts';
import { Scene } from './scene.ts';

const roundTripMs = 70;
const seedCount = 100;
const messagesPerSeed = 30;

describe('a message that goes by the server from one member to another', () => {
  for (const [loss, boundMs] of [
    [0.05, 3 * roundTripMs + 150],
    [0.2, 12 * roundTripMs + 400],
  ] as const) {
    test(`arrives within ${boundMs} ms 99 times of 100 where ${loss * 100} % are lost`, async () => {
      const delays: number[] = [];
      for (let seed = 1; seed <= seedCount; seed++) delays.push(...(await delaysOf(seed, loss)));
      assert.equal(delays.length, seedCount * messagesPerSeed);
      const sorted = delays.toSorted((a, b) => a - b);
      const late = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.POSITIVE_INFINITY;
      assert.ok(late <= boundMs, `${late} ms`);
    });
  }

  test('is sent once on each way where nothing is lost', async () => {
    const seen = seeFrames();
    try {
      const scene = new Scene({ delayMs: 0.2, jitterMs: 0.3 });
      await scene.serve();
      const people = await scene.connectAll(Array.from({ length: 10 }, (_, at) => `member-${at}`));
      await scene.gather('hall', people);
      await scene.pass(1000);
      const sent = timesSent(scene.network, seen);
      for (let at = 0; at < 20; at++) {
        for (const { client } of people) void client.sendGroup('hall', `${at}`).catch(() => {});
        await scene.pass(at % 2 === 0 ? 3 : 300);
      }
      await scene.until(() => people.every(({ heard }) => heard.length === 180));
      assert.ok(sent.size >= 2000, `${sent.size} frames`);
      assert.deepEqual(new Set(sent.values()), new Set([1]));
    } finally {
      seen.stop();
    }
  });
});

/** Milliseconds from each call to the other member's ear. */
async function delaysOf(seed: number, loss: number): Promise<readonly number[]> {
  const scene = new Scene({ delayMs: roundTripMs / 2 }, seed);
  const { network } = scene;
  await scene.serve();
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  network.setFaults({ loss, delayMs: roundTripMs / 2 });
  const heardAt: number[] = [];
  bob.client.on('groupMessageReceived', () => heardAt.push(network.now));
  const calledAt: number[] = [];
  for (let at = 0; at < messagesPerSeed; at++) {
    calledAt.push(network.now);
    void ann.client.sendGroup('hall', `message ${at}`).catch(() => {});
    await scene.pass(100);
  }
  await scene.until(() => heardAt.length === messagesPerSeed);
  return heardAt.map((at, index) => at - (calledAt[index] ?? 0));
}
