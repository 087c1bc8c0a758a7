/** Roles and topics of groups (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classicPolicy } from '../../../core/chat/types.ts';
import { ban, give, group, join, kick, mute } from './order-world.ts';
import { gathered, outcome, World } from './world.ts';

const wallClockMs = 1_700_000_000_000;

describe('a role', () => {
  it('is the owner’s for who creates a group, whether it joins or not', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group });
    const described = ann.ask({ type: 'describeGroup', group });
    assert.ok(described?.type === 'groupDescription');
    assert.deepEqual([described.owner, described.role, described.members], ['ann', 'owner', 0]);
  });

  it('is nobody’s in groups of the classic profile', () => {
    const { ann } = gathered({ policy: classicPolicy });
    const described = ann.ask({ type: 'describeGroup', group });
    assert.ok(described?.type === 'groupDescription');
    assert.deepEqual([described.owner, described.role], ['', 'member']);
    assert.equal(kick(ann, 'bob'), 'NOT_ALLOWED');
  });

  it('is that of the name: an auxiliary connection of it has it, too', () => {
    const { world, bob } = gathered();
    const beside = world.join('ann', 1, { auxiliary: true });
    assert.equal(kick(beside, 'bob'), 'done');
    assert.equal(bob.told('groupLost').length, 1);
  });

  it('is told to everybody, and taken back with "newcomer"', () => {
    const { ann, carl } = gathered();
    give(ann, 'BOB', 'guest');
    give(ann, 'bob', 'newcomer');
    assert.deepEqual(
      carl.told('roleChanged').map(({ name, role, by }) => [name, role, by]),
      [
        ['bob', 'guest', 'ann'],
        ['bob', 'member', 'ann'],
      ],
    );
  });

  it('of a guest lets it read and not speak, and says so when it joins', () => {
    const { world, ann } = gathered();
    const dora = world.join('dora', 4);
    give(ann, 'dora', 'guest');
    join(dora);
    assert.deepEqual(dora.told('roleChanged'), [
      { type: 'roleChanged', group, name: 'dora', role: 'guest', by: '' },
    ]);
    assert.equal(outcome(dora.send(group, 'hello', 1)), 'NO_VOICE');
    ann.send(group, 'welcome', 1);
    assert.deepEqual(dora.textsIn(group), ['welcome']);
    give(ann, 'dora', 'member');
    assert.equal(outcome(dora.send(group, 'hello', 2)), 'committed');
  });

  it('stays with the name when it leaves and comes again', () => {
    const { ann, bob } = gathered();
    give(ann, 'bob', 'moderator');
    bob.ask({ type: 'leaveGroup', group });
    assert.equal(kick(bob, 'carl'), 'NOT_MEMBER');
    join(bob);
    assert.equal(kick(bob, 'carl'), 'done');
  });

  it('of the owner goes to a member, who cannot be muted any more; who had it is a moderator', () => {
    const { world, ann, bob, carl } = gathered();
    mute(ann, 'bob');
    assert.equal(outcome(ann.ask({ type: 'transferGroup', group, name: 'BOB' })), 'done');
    assert.deepEqual(
      carl.told('roleChanged').map(({ name, role }) => [name, role]),
      [
        ['bob', 'owner'],
        ['ann', 'moderator'],
      ],
    );
    assert.equal(outcome(bob.send(group, 'mine', 1)), 'committed');
    assert.equal(kick(ann, 'bob'), 'NOT_ALLOWED');
    assert.equal(kick(ann, 'carl'), 'done');
    const listed = ann.ask({ type: 'listRoles', group, after: 0 });
    assert.deepEqual(listed?.type === 'roleList' && listed.roles, [
      { name: 'bob', role: 'owner' },
      { name: 'ann', role: 'moderator' },
    ]);
    assert.equal(world.factsOf('audited').at(-2)?.entry.action, 'transfer');
  });

  it('is listed with the others, all of them, page by page', () => {
    // Nobody need be told of everybody.
    const { world, ann } = gathered({ limits: { directoryNames: 1 } });
    const names = Array.from({ length: 450 }, (_, at) => `p${at}`);
    for (const [at, name] of names.entries()) {
      world.join(name, 10 + (at % 200), { takeOver: true });
      give(ann, name, 'guest');
    }
    const told: string[] = [];
    for (let after = 0, more = true; more; ) {
      const page = ann.ask({ type: 'listRoles', group, after });
      assert.ok(page?.type === 'roleList');
      told.push(...page.roles.map(({ name }) => name));
      after = page.next;
      more = after > 0;
    }
    assert.deepEqual(told, ['ann', ...names]);
  });
});

describe('a topic', () => {
  it('is told when it changes, and to who joins; an empty one takes it away', () => {
    const { world, ann, bob } = gathered();
    ann.ask({ type: 'setTopic', group, text: 'deploys' });
    const topic = { group, text: 'deploys', by: 'ann', atMs: wallClockMs + world.now };
    assert.deepEqual(bob.told('topicChanged'), [{ type: 'topicChanged', ...topic }]);
    const dora = world.join('dora', 4);
    join(dora);
    assert.deepEqual(
      dora.heard.slice(-2).map(({ message }) => message.type),
      ['joined', 'topicChanged'],
    );
    assert.deepEqual(dora.told('topicChanged'), [{ type: 'topicChanged', ...topic }]);
    ann.ask({ type: 'setTopic', group, text: '' });
    assert.equal(dora.told('topicChanged').at(-1)?.text, '');
    const eve = world.join('eve', 5);
    join(eve);
    assert.deepEqual(eve.told('topicChanged'), []);
  });

  it('like a reason has 400 bytes at most', () => {
    const { ann } = gathered();
    assert.equal(
      outcome(ann.ask({ type: 'setTopic', group, text: 'é'.repeat(201) })),
      'WORDS_TOO_LONG',
    );
    assert.equal(outcome(ann.ask({ type: 'setTopic', group, text: 'é'.repeat(200) })), 'done');
    for (const deed of [kick, ban]) {
      assert.equal(deed(ann, 'bob', 'x'.repeat(401)), 'WORDS_TOO_LONG');
    }
  });
});
