/** How many groups there are, who removes one, and which gives way (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classicPolicy } from '../../../core/chat/types.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { group, join, kick, restarted } from './order-world.ts';
import { gathered, identity, outcome, type TestClient, World } from './world.ts';

function create(client: TestClient, name: string): string {
  return outcome(client.ask({ type: 'createGroup', group: name }));
}

function remove(client: TestClient, name: string): string {
  return outcome(client.ask({ type: 'removeGroup', group: name }));
}

function groupsOf(world: World): readonly string[] {
  return world.hub.snapshot().groups.map(({ name }) => name);
}

describe('a server', () => {
  it('bounds the groups of each identity, whatever its names', async () => {
    const limits = { groupsPerIdentity: 2 };
    const world = new World({ limits });
    const [ann, twin, bob] = [world.join('ann', 1), world.join('twin', 1), world.join('bob', 2)];
    assert.deepEqual(
      [create(ann, 'a'), create(twin, 'b'), create(ann, 'c'), create(twin, 'd')],
      ['done', 'done', 'LIMIT_REACHED', 'LIMIT_REACHED'],
    );
    assert.equal(create(bob, 'c'), 'done');
    const next = await restarted(world, { limits });
    const again = next.join('ann', 1);
    assert.equal(create(again, 'd'), 'LIMIT_REACHED');
    assert.equal(remove(again, 'a'), 'done');
    assert.equal(create(again, 'd'), 'done');
  });

  it('counts a group for whom it was given to, who must have room for it', () => {
    const world = new World({ limits: { groupsPerIdentity: 1 } });
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    create(ann, group);
    create(bob, 'h');
    for (const client of [ann, bob]) join(client);
    const transfer = { type: 'transferGroup', group, name: 'bob' } as const;
    assert.equal(outcome(ann.ask(transfer)), 'LIMIT_REACHED');
    remove(bob, 'h');
    assert.equal(outcome(ann.ask(transfer)), 'done');
    assert.deepEqual([create(ann, 'i'), create(bob, 'j')], ['done', 'LIMIT_REACHED']);
  });

  it('counts groups without owners for who created them', () => {
    const world = new World({ policy: classicPolicy, limits: { groupsPerIdentity: 1 } });
    const ann = world.join('ann', 1);
    assert.deepEqual([create(ann, 'a'), create(ann, 'b')], ['done', 'LIMIT_REACHED']);
  });

  it('lets an unused group of whoever has most give way', () => {
    const world = new World({ limits: { groups: 5 } });
    const [ann, mallory] = [world.join('ann', 1), world.join('mallory', 2)];
    create(ann, 'a');
    for (const name of ['m1', 'm2', 'm3', 'm4']) create(mallory, name);
    mallory.ask({ type: 'joinGroup', group: 'm1' });
    mallory.send('m1', 'used', 1);
    mallory.ask({ type: 'leaveGroup', group: 'm1' });
    assert.equal(create(ann, 'b'), 'done');
    assert.deepEqual(groupsOf(world), ['a', 'm1', 'm3', 'm4', 'b']);
    assert.deepEqual(
      world.factsOf('audited').map(({ entry: { atMs: _, ...entry } }) => entry),
      [{ by: 'server', action: 'remove_group', group: 'm2', detail: 'to make room' }],
    );
    mallory.ask({ type: 'joinGroup', group: 'm3' });
    assert.equal(create(ann, 'c'), 'done');
    assert.deepEqual(groupsOf(world), ['a', 'm1', 'm3', 'b', 'c']);
  });

  it('removes none that somebody is in, or in which something was said', () => {
    const world = new World({ limits: { groups: 1 }, policy: { groupsPerClient: 2 } });
    const ann = world.join('ann', 1);
    create(ann, group);
    join(ann);
    assert.equal(create(ann, 'h'), 'SERVER_FULL');
    ann.send(group, 'hello', 1);
    ann.ask({ type: 'leaveGroup', group });
    assert.equal(create(ann, 'h'), 'SERVER_FULL');
  });
});

describe('a group that is removed', () => {
  it('is empty but for its owner, who hears of its end', () => {
    const { world, ann, bob, carl } = gathered();
    assert.equal(remove(bob, group), 'NOT_ALLOWED');
    assert.equal(remove(ann, group), 'GROUP_NOT_EMPTY');
    kick(ann, 'carl');
    bob.ask({ type: 'leaveGroup', group });
    assert.equal(remove(ann, 'G'), 'done');
    assert.deepEqual(ann.told('groupLost'), [
      { type: 'groupLost', group, reason: 'removed', by: 'ann', words: '' },
    ]);
    assert.deepEqual(groupsOf(world), []);
    assert.equal(join(carl), 'GROUP_UNKNOWN');
    assert.equal(outcome(ann.send(group, 'gone?', 1)), 'REMOVED_FROM_GROUP');
    const audited = world.factsOf('audited').at(-1)?.entry;
    assert.deepEqual([audited?.action, audited?.group], ['remove_group', group]);
  });

  it('leaves its name to others, and nothing of itself', async () => {
    const { world, ann, bob, carl } = gathered();
    ann.send(group, 'secret', 1);
    ann.ask({ type: 'setTopic', group, text: 'secret' });
    const point = bob.resumePoint(group);
    for (const client of [bob, carl]) client.ask({ type: 'leaveGroup', group });
    remove(ann, group);
    assert.equal(create(bob, group), 'done');
    const dora = world.join('dora', 4);
    assert.equal(join(dora), 'joined');
    assert.deepEqual([dora.textsIn(group), dora.told('topicChanged')], [[], []]);
    const described = dora.ask({ type: 'describeGroup', group });
    assert.ok(described?.type === 'groupDescription');
    assert.deepEqual([described.owner, described.topic, described.members], ['bob', '', 1]);
    assert.notDeepEqual(dora.resumePoint(group).logId, point.logId);
    const next = await restarted(world);
    assert.deepEqual(
      next.hub.snapshot().groups.map(({ name, headSeq, rules }) => [name, headSeq, rules]),
      [[group, 0, [{ type: 'owner', name: 'bob' }]]],
    );
  });

  it('is answered with the place of what was sent to it, when that is sent again', () => {
    const { ann, bob, carl } = gathered();
    const first = ann.send(group, 'hello', 1);
    assert.ok(first?.type === 'committed');
    for (const client of [bob, carl]) client.ask({ type: 'leaveGroup', group });
    remove(ann, group);
    const again = ann.send(group, 'hello', 1);
    assert.ok(again?.type === 'committed');
    assert.deepEqual([again.logId, again.seq], [first.logId, first.seq]);
  });

  it('hides no other from who is listing them', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    const names = Array.from({ length: 450 }, (_, at) => `g${at}`);
    for (const name of names) create(ann, name);
    const first = ann.ask({ type: 'listGroups', after: 0 });
    assert.ok(first?.type === 'groupList');
    for (const name of ['g3', 'g199', 'g200']) remove(ann, name);
    const told = first.names.map(({ name }) => name);
    for (let after = first.next; after > 0; ) {
      const page = ann.ask({ type: 'listGroups', after });
      assert.ok(page?.type === 'groupList');
      told.push(...page.names.map(({ name }) => name));
      after = page.next;
    }
    assert.deepEqual(
      told,
      names.filter((name) => name !== 'g200'),
    );
  });
});

describe('an operator of the server', () => {
  const operators = [toHex(identity(9))];

  it('gives a group to anybody, also one that is nobody’s, from outside', () => {
    const { world, bob } = gathered({ policy: { ownedGroups: false }, operators });
    const root = world.join('root', 9);
    assert.equal(kick(bob, 'carl'), 'NOT_ALLOWED');
    const transfer = { type: 'transferGroup', group, name: 'bob' } as const;
    assert.equal(outcome(world.join('dora', 4).ask(transfer)), 'NOT_MEMBER');
    assert.equal(outcome(root.ask(transfer)), 'done');
    assert.equal(outcome(root.ask({ ...transfer, group: 'nowhere' })), 'GROUP_UNKNOWN');
    assert.equal(outcome(root.ask({ ...transfer, name: 'nobody' })), 'USER_UNKNOWN');
    assert.equal(bob.told('roleChanged')[0]?.role, 'owner');
    assert.equal(kick(bob, 'carl'), 'done');
    const audited = world.factsOf('audited').map(({ entry }) => [entry.by, entry.action]);
    assert.deepEqual(audited[0], ['root', 'transfer']);
  });

  it('removes a group that nobody is in', () => {
    const { world, ann, bob, carl } = gathered({ operators });
    const root = world.join('root', 9);
    assert.equal(remove(root, group), 'GROUP_NOT_EMPTY');
    for (const client of [ann, bob, carl]) client.ask({ type: 'leaveGroup', group });
    assert.equal(remove(root, group), 'done');
  });
});
