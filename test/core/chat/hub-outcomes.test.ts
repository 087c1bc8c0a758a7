/** What senders hear of messages that a hub kept (docs/PROTOCOL.md §9). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeMid } from '../../../core/chat/mids.ts';
import { away, leave, mailOf, settle } from './mail-world.ts';

describe('what became of a message that was kept', () => {
  it('is told its sender, once it is confirmed no more', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    leave(ann, 'bob', 2);
    const bob = world.join('bob', 2);
    settle(bob, 0);
    settle(bob, 1, 'refused');
    const outcomes = ann.told('settled').map(({ to, mid, outcome }) => ({ to, mid, outcome }));
    assert.deepEqual(outcomes, [
      { to: 'Bob', mid: composeMid(ann.process, 1), outcome: 'delivered' },
      { to: 'Bob', mid: composeMid(ann.process, 2), outcome: 'refused' },
    ]);
    ann.tell({ type: 'confirmSettled', id: ann.told('settled')[0]?.id ?? 0 });
    ann.down();
    assert.deepEqual(
      world
        .join('ann', 1)
        .told('settled')
        .map(({ outcome }) => outcome),
      ['refused'],
    );
  });

  it('waits for a sender who is away', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    ann.down();
    settle(world.join('bob', 2), 0);
    assert.equal(world.join('ann', 1, { auxiliary: true }).told('settled').length, 0);
    assert.equal(world.join('ann', 1).told('settled').length, 1);
  });

  it('is for nobody else to confirm', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    const bob = world.join('bob', 2);
    settle(bob, 0);
    const { id } = ann.told('settled')[0] ?? assert.fail();
    bob.tell({ type: 'confirmSettled', id });
    assert.equal(world.hub.snapshot().outcomes.length, 1);
  });

  it('is that it expired, when nobody came for it', () => {
    const { world, ann } = away({ limits: { mailboxMs: 60_000 } });
    leave(ann, 'bob', 1);
    world.pass(59_000);
    leave(ann, 'bob', 2);
    assert.deepEqual(ann.told('settled'), []);
    world.pass(1000);
    assert.deepEqual(
      ann.told('settled').map(({ outcome, mid }) => [outcome, mid]),
      [['expired', composeMid(ann.process, 1)]],
    );
    assert.deepEqual(mailOf(world.join('bob', 2)), [2]);
  });

  it('is not that it expired, when only the clock was set forward', () => {
    let aheadMs = 0;
    const wallClock = (now: number): number => 1_700_000_000_000 + aheadMs + now;
    const { world, ann } = away({ limits: { mailboxMs: 60_000 }, wallClock });
    leave(ann, 'bob', 1);
    aheadMs = 365 * 86_400_000;
    world.pass(59_000);
    assert.deepEqual(ann.told('settled'), []);
    world.pass(1000);
    assert.deepEqual(
      ann.told('settled').map(({ outcome }) => outcome),
      ['expired'],
    );
  });

  it('is forgotten at its bounds, the oldest first', () => {
    for (const limits of [{ outcomesPerSender: 2 }, { outcomes: 2 }]) {
      const { world, ann } = away({ limits });
      for (let counter = 1; counter <= 3; counter++) leave(ann, 'bob', counter);
      ann.down();
      const bob = world.join('bob', 2);
      for (let at = 0; at < 3; at++) settle(bob, at);
      assert.deepEqual(world.changesOf('outcomeForgotten'), [{ type: 'outcomeForgotten', id: 1 }]);
      assert.deepEqual(
        world
          .join('ann', 1)
          .told('settled')
          .map(({ id }) => id),
        [2, 3],
      );
    }
  });

  it('is told 64 at a time', () => {
    const { world, ann } = away();
    for (let counter = 1; counter <= 70; counter++) leave(ann, 'bob', counter);
    ann.down();
    const bob = world.join('bob', 2);
    for (let at = 0; at < 70; at++) settle(bob, at);
    const again = world.join('ann', 1);
    assert.equal(again.told('settled').length, 64);
    for (let at = 0; at < 70; at++) {
      again.tell({ type: 'confirmSettled', id: again.told('settled')[at]?.id ?? 0 });
    }
    assert.equal(again.told('settled').length, 70);
    assert.deepEqual(world.hub.snapshot().outcomes, []);
  });
});
