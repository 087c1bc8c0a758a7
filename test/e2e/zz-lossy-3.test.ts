/** The classic profile over a network that loses, doubles and reorders. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playStory } from './classic-story.ts';
import { LossyNetwork } from './lossy-network.ts';

test('prints the same lines over a network that loses a fifth of the datagrams', async (t) => {
  const network = new LossyNetwork(3, { loss: 0.2, duplication: 0.1, reordering: 0.1 });
  t.after(() => network[Symbol.asyncDispose]());
  await playStory(t, { route: (port) => network.join(port) });
  const { lost, duplicated, reordered } = network.counts;
  assert.ok(lost > 0 && duplicated > 0 && reordered > 0);
});
