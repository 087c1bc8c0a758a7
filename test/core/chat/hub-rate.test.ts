import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcome, World } from './world.ts';

test('grants a de-registration whatever the rate', () => {
  const world = new World({ limits: { requestBurst: 2 } });
  const ann = world.join('ann', 1);
  assert.equal(outcome(ann.ask({ type: 'listGroups', after: 0 })), 'groupList');
  assert.equal(outcome(ann.ask({ type: 'listGroups', after: 0 })), 'RATE_LIMITED');
  assert.equal(outcome(ann.ask({ type: 'deregister' })), 'done');
});
