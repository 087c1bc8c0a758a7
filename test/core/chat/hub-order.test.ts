/** What becomes of those who are acted on in a group, and what the others hear (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ban, give, group, join, kick, mute, restarted } from './order-world.ts';
import { gathered, outcome } from './world.ts';

const [minuteMs, wallClockMs] = [60_000, 1_700_000_000_000];

describe('a member that is kicked', () => {
  it('hears by whom and why, and so do the others; it hears no more of the group', () => {
    const { world, ann, bob, carl } = gathered();
    assert.equal(kick(ann, 'BOB', 'calm down'), 'done');
    const removal = { reason: 'kicked', by: 'ann', words: 'calm down' } as const;
    assert.deepEqual(bob.told('groupLost'), [{ type: 'groupLost', group, ...removal }]);
    const left = { type: 'memberLeft', group, name: 'bob', ...removal } as const;
    assert.deepEqual(
      [carl.told('memberLeft'), ann.told('memberLeft'), bob.told('memberLeft')],
      [[left], [left], []],
    );
    ann.send(group, 'to the others', 1);
    assert.deepEqual([bob.textsIn(group), carl.textsIn(group)], [[], ['to the others']]);
    assert.deepEqual(world.factsOf('audited').at(-1)?.entry, {
      atMs: wallClockMs + world.now,
      by: 'ann',
      action: 'kick',
      group,
      target: 'bob',
      detail: 'calm down',
    });
  });

  it('is told once more when it speaks on, and can come again', () => {
    const { ann, bob } = gathered();
    kick(ann, 'bob', 'calm down');
    assert.equal(outcome(bob.send(group, 'what?', 1)), 'REMOVED_FROM_GROUP');
    const refused = bob.answer();
    assert.ok(refused?.type === 'refused');
    assert.equal(refused.detail, 'ann kicked you from "g": calm down');
    assert.equal(outcome(bob.send(group, 'what?', 2)), 'NOT_MEMBER');
    assert.equal(join(bob), 'joined');
  });

  it('hears of it when it comes back, if it was absent', () => {
    const { world, ann, bob } = gathered();
    const resume = [bob.resumePoint(group)];
    bob.down();
    assert.equal(kick(ann, 'bob', 'idle'), 'done');
    const again = world.join('bob', 2, { processId: bob.process, resume });
    assert.deepEqual(again.told('groupLost'), [
      { type: 'groupLost', group, reason: 'kicked', by: 'ann', words: 'idle' },
    ]);
    assert.deepEqual(again.told('welcome')[0]?.groups, []);
  });

  it('loses the role it was given', () => {
    const { ann, bob, carl } = gathered();
    give(ann, 'bob', 'moderator');
    kick(ann, 'bob');
    join(bob);
    assert.equal(kick(bob, 'carl'), 'NOT_ALLOWED');
    assert.equal(outcome(carl.send(group, 'still here', 1)), 'committed');
  });
});

describe('who is banned', () => {
  it('loses the group at once and is not let in until it is unbanned', () => {
    const { ann, bob } = gathered();
    assert.equal(ban(ann, 'bob', 'spam'), 'done');
    assert.deepEqual(
      bob.told('groupLost').map(({ reason, by, words }) => [reason, by, words]),
      [['banned', 'ann', 'spam']],
    );
    assert.equal(join(bob), 'BANNED');
    const refused = bob.answer();
    assert.equal(refused?.type === 'refused' && refused.detail, 'ann banned you from "g": spam');
    assert.equal(outcome(ann.ask({ type: 'unban', group, name: 'Bob' })), 'done');
    assert.equal(outcome(ann.ask({ type: 'unban', group, name: 'bob' })), 'BAN_UNKNOWN');
    assert.equal(join(bob), 'joined');
  });

  it('is so under every name of its identity, those in the group and those to come', () => {
    const { world, ann } = gathered();
    const [eve, twin] = [world.join('eve', 7), world.join('twin', 7)];
    join(eve);
    join(twin);
    ban(ann, 'eve');
    assert.equal(twin.told('groupLost')[0]?.reason, 'banned');
    assert.equal(join(twin), 'BANNED');
    assert.equal(join(world.join('triplet', 7)), 'BANNED');
    assert.equal(join(world.join('honest', 8)), 'joined');
  });

  it('is nobody whose other name may not be acted on', () => {
    const { world, ann, bob } = gathered();
    join(world.join('anns-other', 1));
    give(ann, 'bob', 'moderator');
    assert.equal(ban(bob, 'anns-other'), 'NOT_ALLOWED');
    assert.equal(mute(bob, 'anns-other'), 'NOT_ALLOWED');
    assert.equal(ban(ann, 'anns-other'), 'NOT_ALLOWED');
  });

  it('need not have been there, and is given no role', () => {
    const { world, ann } = gathered();
    const dora = world.join('dora', 4);
    assert.equal(ban(ann, 'dora'), 'done');
    assert.equal(give(ann, 'dora', 'moderator'), 'BANNED');
    assert.equal(join(dora), 'BANNED');
  });

  it('is listed with who did it and why, page by page', () => {
    const { world, ann } = gathered();
    const names = Array.from({ length: 70 }, (_, at) => `p${at}`);
    for (const [at, name] of names.entries()) world.join(name, 10 + at);
    for (const name of names) ban(ann, name, `for being ${name}`);
    const first = ann.ask({ type: 'listBans', group, after: 0 });
    assert.ok(first?.type === 'banList' && first.next > 0);
    ann.ask({ type: 'unban', group, name: 'p0' });
    const second = ann.ask({ type: 'listBans', group, after: first.next });
    assert.ok(second?.type === 'banList' && second.next === 0);
    const told = [...first.bans, ...second.bans];
    assert.deepEqual(
      told.map(({ name }) => name),
      names,
    );
    const about = { by: 'ann', reason: 'for being p69', atMs: wallClockMs + world.now };
    assert.deepEqual(told.at(-1), { name: 'p69', ...about });
  });
});

describe('who is muted', () => {
  it('reads and does not speak until the time is over, and is told how long', () => {
    const { world, ann, bob, carl } = gathered();
    assert.equal(mute(ann, 'bob', 10), 'done');
    const untilMs = wallClockMs + world.now + 10 * minuteMs;
    const told = { type: 'muteChanged', group, name: 'bob', isMuted: true, untilMs } as const;
    for (const client of [ann, bob, carl]) {
      assert.deepEqual(client.told('muteChanged'), [{ ...told, by: 'ann', reason: 'loud' }]);
    }
    world.pass(1);
    assert.equal(outcome(bob.send(group, 'no!', 1)), 'MUTED');
    const refused = bob.answer();
    assert.ok(refused?.type === 'refused');
    assert.equal(refused.detail, 'ann muted you in "g" for 10 more minute(s): loud');
    ann.send(group, 'quiet now', 1);
    assert.deepEqual(bob.textsIn(group), ['quiet now']);
    world.pass(10 * minuteMs);
    assert.equal(outcome(bob.send(group, 'sorry', 2)), 'committed');
  });

  it('stays so over a leave, a return under another name of its identity, and a role', () => {
    const { world, ann, bob } = gathered();
    mute(ann, 'bob');
    bob.ask({ type: 'leaveGroup', group });
    join(bob);
    assert.equal(outcome(bob.send(group, 'back', 1)), 'MUTED');
    const other = world.join('bobby', 2);
    join(other);
    assert.equal(outcome(other.send(group, 'not bob', 1)), 'MUTED');
    give(ann, 'bob', 'moderator');
    assert.equal(outcome(bob.send(group, 'a moderator', 2)), 'MUTED');
    assert.equal(outcome(ann.ask({ type: 'unmute', group, name: 'bob' })), 'done');
    assert.deepEqual(bob.told('muteChanged').at(-1)?.isMuted, false);
    assert.equal(outcome(bob.send(group, 'thanks', 3)), 'committed');
    assert.equal(outcome(ann.ask({ type: 'unmute', group, name: 'bob' })), 'MUTE_UNKNOWN');
  });

  it('is so for a year at most, or until it is taken back', () => {
    const { ann } = gathered();
    assert.equal(mute(ann, 'bob', 525_601), 'BAD_REQUEST');
    assert.equal(mute(ann, 'bob', 525_600), 'done');
  });

  it('gets the place of a message that had one when it is sent again', () => {
    const { ann, bob } = gathered();
    bob.send(group, 'before', 1);
    mute(ann, 'bob');
    assert.equal(outcome(bob.send(group, 'before', 1)), 'committed');
    assert.equal(outcome(bob.send(group, 'after', 2)), 'MUTED');
  });
});

describe('what a group may have of rules', () => {
  it('is bounded for each kind; one in place of another has room', () => {
    const limits = { bansPerGroup: 2, mutesPerGroup: 2, rolesPerGroup: 2 };
    const { world, ann } = gathered({ limits });
    for (const [at, name] of ['p1', 'p2', 'p3'].entries()) world.join(name, 10 + at);
    for (const deed of [
      (name: string) => ban(ann, name),
      (name: string) => mute(ann, name, 1),
      (name: string) => give(ann, name, 'guest'),
    ]) {
      // Who is banned is given nothing.
      for (const name of ['p1', 'p2']) ann.ask({ type: 'unban', group, name });
      assert.deepEqual(['p1', 'p2', 'p3', 'p1'].map(deed), [
        'done',
        'done',
        'LIMIT_REACHED',
        'done',
      ]);
    }
    world.pass(minuteMs);
    assert.equal(mute(ann, 'p3', 1), 'done');
  });

  it('is bounded for all groups together, and there is room again when some end', () => {
    const { world, ann } = gathered({ limits: { rules: 3 } });
    assert.deepEqual(
      ['bob', 'carl'].map((name) => give(ann, name, 'guest')),
      ['done', 'done'],
    );
    assert.equal(mute(ann, 'bob'), 'done');
    assert.equal(ban(ann, 'carl'), 'SERVER_FULL');
    assert.equal(give(ann, 'bob', 'moderator'), 'done');
    ann.ask({ type: 'unmute', group, name: 'bob' });
    assert.equal(ban(ann, 'carl'), 'done');
    assert.equal(world.hub.snapshot().groups[0]?.rules.length, 3);
  });
});

describe('after a restart', () => {
  it('roles, bans, mutes and topic are as they were', async () => {
    const { world, ann } = gathered();
    world.join('dora', 4);
    give(ann, 'bob', 'moderator');
    mute(ann, 'carl', 10);
    ban(ann, 'dora', 'spam');
    ann.ask({ type: 'setTopic', group, text: 'deploys' });
    give(ann, 'carl', 'guest');
    give(ann, 'carl', 'newcomer');
    const next = await restarted(world);
    assert.deepEqual(
      next.hub.snapshot().groups.map(({ rules }) => rules),
      world.hub.snapshot().groups.map(({ rules }) => rules),
    );
    const [bob, carl, dora] = [next.join('bob', 2), next.join('carl', 3), next.join('dora', 4)];
    next.now = world.now;
    assert.equal(join(dora), 'BANNED');
    assert.equal(outcome(carl.send(group, 'hello', 1)), 'MUTED');
    assert.equal(kick(bob, 'carl'), 'done');
    const topic = next.join('eve', 5);
    join(topic);
    assert.equal(topic.told('topicChanged')[0]?.text, 'deploys');
  });

  it('who was banned meanwhile hears so, by whom and why', async () => {
    const { world, ann, bob } = gathered();
    const resume = [bob.resumePoint(group)];
    ban(ann, 'bob', 'spam');
    const next = await restarted(world);
    const again = next.join('bob', 2, { processId: bob.process, resume });
    assert.deepEqual(again.told('groupLost'), [
      { type: 'groupLost', group, reason: 'banned', by: 'ann', words: 'spam' },
    ]);
  });

  it('nothing is told that is not stored: neither who did it, nor whom it was done to', () => {
    const { world, ann, bob, carl } = gathered();
    world.storesAtOnce = false;
    ban(ann, 'bob');
    assert.deepEqual([bob.told('groupLost'), carl.told('memberLeft')], [[], []]);
    assert.equal(outcome(ann.answer()), 'silence');
    world.store();
    assert.deepEqual([bob.told('groupLost').length, outcome(ann.answer())], [1, 'done']);
    assert.equal(world.changesOf('audited').length, 1);
  });

  it('a group from before owners has none, and everybody is a member of it', async () => {
    const { world } = gathered({ policy: { ownedGroups: false } });
    const next = await restarted(world);
    const ann = next.join('ann', 1);
    const described = ann.ask({ type: 'describeGroup', group });
    assert.ok(described?.type === 'groupDescription');
    assert.deepEqual([described.owner, described.role], ['', 'member']);
    assert.equal(kick(ann, 'bob'), 'NOT_ALLOWED');
  });
});
