/** What must hold of a run of seeds: each network as bad as its seed, and none on which the chat breaks a promise. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { describeFailure } from './replay.ts';
import { type Result, simulate } from './world.ts';

/** A run meets each fault and each disturbance at least so often. */
const timesMet = 5;

/** On the average over good networks and bad ones. */
const deliveriesPerSeed = 100;

/** Plays the seeds from `first` to `last` and declares the tests about them. */
export async function testSeeds(first: number, last: number): Promise<void> {
  const results: Result[] = [];
  for (let seed = first; seed <= last; seed++) results.push(await simulate(seed));

  describe(`conversations over ${results.length} simulated networks, from seed ${first}`, () => {
    test('lose nothing, double nothing, keep one order, and everybody comes back to one state', () => {
      const broken = results.filter(({ violations }) => violations.length > 0);
      assert.equal(broken.map(describeFailure).join('\n'), '');
    });

    test('deliver to everybody what anybody is told', () => {
      const all = results.reduce((sum, { deliveries }) => sum + deliveries, 0);
      assert.ok(all >= deliveriesPerSeed * results.length, `${all} deliveries`);
    });

    test('are repeated exactly by their seeds', async () => {
      for (const { seed, digest } of results.slice(0, 5)) {
        assert.equal((await simulate(seed)).digest, digest);
      }
    });

    test('meet every kind of fault', () => {
      for (const [kind, count] of timesOf(results)) {
        assert.ok(count >= timesMet, `${kind}: ${count}`);
      }
    });
  });
}

/** How often each kind of fault and of disturbance was met. */
function timesOf(results: readonly Result[]): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  const add = (kind: string, count: number): void => {
    times.set(kind, (times.get(kind) ?? 0) + count);
  };
  for (const { counts, plan, reconnections, kept } of results) {
    for (const [kind, count] of Object.entries(counts)) add(kind, count);
    for (const { type } of plan.disturbances) add(type, 1);
    for (const each of plan.disturbances) {
      if (each.type === 'crash' && each.victim === 'server') add('crash of the server', 1);
    }
    add('reconnection', reconnections);
    add('kept message', kept);
    add('calm', plan.calm ? 1 : 0);
  }
  return times;
}
