/** The classic profile over a network that loses, doubles and reorders. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LossyProxy } from '../support/lossy-proxy.ts';
import { playStory } from './classic-story.ts';

test('prints the same lines over a network that loses a fifth of the datagrams', async (t) => {
  const toTarget = { loss: 0.2, duplication: 0.1, reordering: 0.1 };
  const network = new LossyProxy({ seed: 20, toTarget });
  t.after(() => network.close());
  const route = async (port: number): Promise<number> =>
    (await network.join({ host: '127.0.0.1', port })).port;
  await playStory(t, { route });
  const { lost, duplicated, reordered } = network.counts;
  assert.ok(lost > 0 && duplicated > 0 && reordered > 0);
});
