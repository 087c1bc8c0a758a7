/** What an owner says is to be kept of its group (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ToldRetention } from '../../../core/chat/retention.ts';
import { give, group, restarted } from './order-world.ts';
import { gathered, outcome, type TestClient } from './world.ts';

const noBounds: ToldRetention = { keepAgeMs: 0, keepMessages: 0, keepBytes: 0 };

function keep(client: TestClient, bounds: Partial<ToldRetention>): string {
  return outcome(client.ask({ type: 'setRetention', group, ...noBounds, ...bounds }));
}

function keptBy(client: TestClient): ToldRetention {
  const described = client.ask({ type: 'describeGroup', group });
  assert.ok(described?.type === 'groupDescription');
  const { keepAgeMs, keepMessages, keepBytes } = described;
  return { keepAgeMs, keepMessages, keepBytes };
}

describe('the retention of a group', () => {
  it('is what its owner says as a whole, told to the members and written down', () => {
    const { world, ann, bob } = gathered();
    assert.deepEqual(keptBy(bob), noBounds);
    assert.equal(keep(ann, { keepAgeMs: 60_000, keepMessages: 5 }), 'done');
    assert.deepEqual(keptBy(bob), { keepAgeMs: 60_000, keepMessages: 5, keepBytes: 0 });
    assert.equal(keep(ann, { keepBytes: 1000 }), 'done');
    assert.equal(keep(ann, {}), 'done');
    const others = { inviteOnly: false, hasPassword: false, newcomers: 'member', by: 'ann' };
    assert.deepEqual(
      bob.told('settingsChanged').map(({ type: _, ...settings }) => settings),
      [
        { group, ...others, ...noBounds, keepAgeMs: 60_000, keepMessages: 5 },
        { group, ...others, ...noBounds, keepBytes: 1000 },
        { group, ...others, ...noBounds },
      ],
    );
    assert.deepEqual(
      world.changesOf('retentionSet').map(({ retention }) => retention),
      [{ ageMs: 60_000, messages: 5 }, { bytes: 1000 }, {}],
    );
    assert.deepEqual(
      world.factsOf('audited').map(({ entry }) => [entry.action, entry.detail]),
      [
        ['set_group', 'keep 60000 ms, 5 messages'],
        ['set_group', 'keep 1000 bytes'],
        ['set_group', 'keep all'],
      ],
    );
  });

  it('is nobody’s to set but the owner’s', () => {
    const { world, ann, bob } = gathered();
    give(ann, 'bob', 'moderator');
    assert.equal(keep(bob, { keepMessages: 1 }), 'NOT_ALLOWED');
    assert.equal(keep(world.join('dora', 4), { keepMessages: 1 }), 'NOT_MEMBER');
    assert.deepEqual([keptBy(ann), world.changesOf('retentionSet')], [noBounds, []]);
    ann.ask({ type: 'leaveGroup', group });
    assert.equal(keep(ann, { keepMessages: 1 }), 'done');
  });

  it('is stored before anybody hears of it, and only then has the store look', () => {
    const { world, ann, bob } = gathered();
    world.storesAtOnce = false;
    assert.equal(keep(ann, { keepMessages: 1 }), 'silence');
    assert.deepEqual([bob.told('settingsChanged'), world.effects.includes('prune')], [[], false]);
    world.store();
    assert.deepEqual([bob.told('settingsChanged').length, outcome(ann.answer())], [1, 'done']);
    assert.ok(world.effects.includes('prune'));
  });

  it('is refused while there is no room to store it', () => {
    const { world, ann } = gathered();
    world.hub.storeFull(true, world.now);
    assert.equal(keep(ann, { keepMessages: 1 }), 'STORE_FULL');
    assert.deepEqual(keptBy(ann), noBounds);
  });

  it('outlives a restart, and is not that of the next group of the name', async () => {
    const { world, ann } = gathered();
    keep(ann, { keepMessages: 7 });
    const next = await restarted(world);
    const again = next.join('ann', 1);
    assert.deepEqual(keptBy(again), { ...noBounds, keepMessages: 7 });
    for (const [name, person] of [
      ['bob', 2],
      ['carl', 3],
    ] as const) {
      next.join(name, person).ask({ type: 'leaveGroup', group });
    }
    assert.equal(outcome(again.ask({ type: 'removeGroup', group })), 'done');
    again.ask({ type: 'createGroup', group });
    assert.deepEqual(keptBy(again), noBounds);
  });
});
