/** Servers that crash at random instants, again and again (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../support/random.ts';
import { begin, crash, messagesOf } from './story.ts';

/** What a seed decides: how bad the network is, who says what when, and when the server dies. Instants in milliseconds. */
function planOf(seed: number) {
  const random = new Random(seed);
  const sends = Array.from({ length: 30 }, (_, at) => ({
    by: at % 3,
    text: `message ${at}`,
    atMs: random.below(2000),
  }));
  const crashes = Array.from({ length: 1 + random.below(3) }, () => ({
    atMs: 100 + random.below(2500),
    downMs: random.below(400),
  }));
  const loss = random.float() * 0.1;
  return { loss, sends, crashes: crashes.toSorted((a, b) => a.atMs - b.atMs) };
}

/** Plays a seed: everything is said, the server dies now and then, and everybody is left to hear the rest. */
async function play(seed: number): Promise<void> {
  const { loss, sends, crashes } = planOf(seed);
  const { scene, disk, people } = await begin('ann', 'bob', 'carl');
  scene.network.setFaults({ loss, reordering: loss, duplication: loss, delayMs: 10, jitterMs: 20 });
  const heard = people.map(messagesOf);
  const beganAt = scene.network.now;
  const clock = scene.network.host('10.0.9.9');
  const receipts = Promise.all(
    sends.map(async ({ by, text, atMs }) => {
      await new Promise<void>((resolve) => void clock.setTimer(resolve, atMs));
      const receipt = await people[by]?.client.sendGroup('hall', text);
      return { by, text, seq: receipt?.seq ?? 0 };
    }),
  );
  for (const { atMs, downMs } of crashes) {
    await scene.network.run(Math.max(scene.network.now, beganAt + atMs));
    crash(scene, disk);
    await scene.pass(downMs);
    await scene.serve({ store: disk.open() });
  }
  const log = (await scene.settle(receipts)).toSorted((a, b) => a.seq - b.seq);
  await scene.pass(20_000);
  assert.deepEqual(
    log.map((_, at) => at + 1),
    log.map((receipt) => receipt.seq),
  );
  for (const [member, messages] of heard.entries()) {
    assert.deepEqual(
      messages.map(({ text }) => text),
      log.filter(({ by }) => by !== member).map(({ text }) => text),
    );
    const events = new Set(people[member]?.events);
    assert.deepEqual(events, new Set(['disconnected', 'reconnected']));
  }
}

describe('whenever its server crashes', () => {
  it('a group hears every acknowledged message exactly once and in one order', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      try {
        await play(seed);
      } catch (cause) {
        throw new Error(`broken by seed ${seed}`, { cause });
      }
    }
  });
});
