/** What a hub has stored, what it holds back until it is, and what another hub makes of it (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HubOptions } from '../../../core/chat/hub.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { gathered, identity, outcome, processId, type TestClient, World } from './world.ts';

/** Members of "g" whose later changes wait to be stored. */
function slowlyStored(options: Partial<HubOptions> = {}) {
  const people = gathered(options);
  people.world.storesAtOnce = false;
  return people;
}

/** A hub after a crash: it knows the first changes of the one before, or all. */
async function restarted(
  { changes }: World,
  count = changes.length,
  options: Partial<HubOptions> = {},
): Promise<World> {
  const store = new MemoryStore(new Uint8Array(32), options.limits);
  store.write(changes.slice(0, count));
  const next = new World({ ...options, stored: await store.load() });
  next.earlier = changes.slice(0, count);
  return next;
}

describe('until it is stored, a hub tells nobody', () => {
  it('of a message, neither its sender nor a member that has room', () => {
    const { world, ann, bob } = slowlyStored();
    ann.send('g', 'one', 1);
    const stored = world.changes.length;
    ann.send('g', 'two', 2);
    assert.deepEqual([ann.told('committed').length, bob.textsIn('g')], [0, []]);
    world.store(stored);
    bob.read();
    assert.deepEqual([ann.told('committed').length, bob.textsIn('g')], [1, ['one']]);
    world.store();
    assert.deepEqual([ann.told('committed').length, bob.textsIn('g')], [2, ['one', 'two']]);
    assert.deepEqual(
      world.factsOf('groupMessageSent').map(({ text }) => text),
      ['one', 'two'],
    );
  });

  it('of a message that is in memory no more, nor that it is gone', () => {
    for (const retainedAfter of [0, 4]) {
      const { world, ann, bob } = slowlyStored({ limits: { logMessages: 2 } });
      world.retainedAfter = retainedAfter;
      for (let counter = 1; counter <= 4; counter++) ann.send('g', `${counter}`, counter);
      world.store(world.changes.length - 3);
      const [first, second] = retainedAfter === 0 ? ['1', '2'] : ['gap 1', 'gap 1'];
      assert.deepEqual(bob.textsIn('g'), [first]);
      world.store();
      assert.deepEqual(bob.textsIn('g'), [first, second, '3', '4']);
    }
  });

  it('who comes back that it is welcome, before all is stored that its welcome rests on', () => {
    const { world, ann, bob } = slowlyStored();
    ann.send('g', 'one', 1);
    ann.send('g', 'two', 2);
    bob.down();
    world.store(world.changes.length - 1);
    const again = world.join('bob', 2, { processId: bob.process });
    assert.deepEqual(again.heard, []);
    world.store();
    assert.equal(again.told('welcome')[0]?.groups[0]?.headSeq, 2);
    assert.deepEqual(again.textsIn('g'), ['one', 'two']);
  });

  it('of a name: not its claimant, not the others, and not who claims it too', () => {
    const { world, ann } = slowlyStored();
    const known = ann.told('directoryDelta').length;
    const [dora, impostor, twin] = [world.connect(4), world.connect(5), world.connect(4)];
    assert.equal(outcome(dora.register('dora')), 'silence');
    assert.equal(outcome(impostor.register('DORA')), 'silence');
    assert.equal(outcome(twin.register('dora', { auxiliary: true })), 'silence');
    world.pass(1000);
    assert.equal(ann.told('directoryDelta').length, known);
    world.store();
    // The processes are stored next, before their welcomes.
    world.store();
    assert.deepEqual(
      [dora, impostor, twin].map((client) => outcome(client.answer())),
      ['welcome', 'NAME_TAKEN', 'welcome'],
    );
    assert.equal(world.changesOf('nameBound').filter(({ name }) => name === 'dora').length, 1);
    world.pass(1000);
    assert.ok(ann.told('directoryDelta').length > known);
  });

  it('of a group, of who joined it and of who left', () => {
    const { world, ann, bob } = slowlyStored({ policy: { groupsPerClient: 2 } });
    ann.ask({ type: 'createGroup', group: 'h' });
    bob.ask({ type: 'listGroups', after: 0 });
    ann.ask({ type: 'joinGroup', group: 'h' });
    ann.ask({ type: 'leaveGroup', group: 'g' });
    const before = [ann.heard.length, bob.heard.length];
    world.store(world.changes.length - 3);
    assert.deepEqual([ann.heard.length, bob.heard.length], before);
    world.store();
    assert.deepEqual(
      [ann, bob].map(({ heard }) => heard.slice(-2).map(({ message }) => message.type)),
      [
        ['joined', 'done'],
        ['groupList', 'memberLeft'],
      ],
    );
  });

  it('but does not let what was handled wait for anything', () => {
    const { world, ann, bob } = gathered();
    ann.send('g', 'one', 1);
    world.storesAtOnce = false;
    bob.confirm('g', 1);
    assert.equal(world.changes.at(-1)?.type, 'memberConfirmed');
    assert.equal(outcome(bob.ask({ type: 'listGroups', after: 0 })), 'groupList');
  });

  it('and lets a sender wait that is faster than the store', () => {
    const { world, ann } = slowlyStored({ limits: { unstored: 2 } });
    for (let counter = 1; counter <= 3; counter++) ann.send('g', 'quick', counter);
    // It is told at once, and not once the store has caught up.
    const refused = ann.told('refused');
    assert.deepEqual(refused.map(outcome), ['RATE_LIMITED']);
    assert.equal(refused[0]?.retryMs, 1000);
    world.store();
    assert.equal(outcome(ann.send('g', 'quick', 3)), 'silence');
    world.store();
    assert.equal(outcome(ann.answer()), 'committed');
  });

  it('and refuses, long before it ends connections, what would wait for the store', () => {
    const { world, ann, bob } = slowlyStored({ limits: { heldBytes: 20_000 } });
    for (let counter = 1; counter <= 3; counter++) ann.send('g', 'x'.repeat(4000), counter);
    assert.deepEqual([ann.told('committed').length, world.hub.isOverrun], [0, false]);
    const asked = [
      () => ann.send('g', 'more', 4),
      () => bob.ask({ type: 'listGroups', after: 0 }),
      () => bob.ask({ type: 'createGroup', group: 'h' }),
    ];
    for (const ask of asked) {
      const refused = ask();
      assert.equal(outcome(refused), 'RATE_LIMITED');
      assert.equal(refused?.type === 'refused' && refused.retryMs, 1000);
    }
    assert.equal(outcome(ann.send('g', 'x'.repeat(4000), 1)), 'silence');
    for (let times = 0; times < 100; times++) for (const ask of asked) ask();
    assert.equal(world.hub.isOverrun, false);
    world.store();
    assert.equal(ann.told('committed').length, 4);
    assert.equal(outcome(ann.send('g', 'more', 4)), 'silence');
    assert.equal(outcome(bob.ask({ type: 'deregister' })), 'silence');
    world.store();
    assert.deepEqual(
      [ann, bob].map((client) => outcome(client.answer())),
      ['committed', 'done'],
    );
  });
});

describe('a hub that starts from what another stored', () => {
  it('answers a message that is sent again with the place it had', async () => {
    const { world, ann } = gathered();
    const first = ann.send('g', 'hello', 1);
    assert.ok(first?.type === 'committed');
    const next = await restarted(world, undefined, { isDurable: true });
    const again = next.join('ann', 1, { processId: ann.process, nextCounter: 3 });
    const second = again.send('g', 'hello', 1);
    assert.ok(second?.type === 'committed');
    assert.deepEqual([second.logId, second.seq, second.durable], [first.logId, first.seq, true]);
    const third = again.send('g', 'never stored', 2);
    assert.ok(third?.type === 'committed' && third.seq === 2);
  });

  it('cannot say of a process that it never met what was sent before', async () => {
    const next = await restarted(gathered().world);
    const ann = next.join('ann', 1, { processId: processId(9), nextCounter: 3 });
    assert.equal(outcome(ann.send('g', 'sent to another', 2)), 'OUTCOME_UNKNOWN');
    assert.equal(outcome(ann.send('g', 'never sent', 3)), 'committed');
  });

  it('forgets again which process was away longest', async () => {
    const limits = { processesRemembered: 2 };
    const { world, ann, bob, carl } = gathered({ limits });
    for (const client of [ann, bob, carl]) client.down();
    assert.deepEqual(
      world.changesOf('processForgotten').map(({ id }) => id),
      [ann.process],
    );
    const next = await restarted(world, undefined, { limits });
    next.join('ann', 1, { processId: ann.process });
    next.join('dora', 4).down();
    assert.deepEqual(
      next.changesOf('processForgotten').map(({ id }) => id),
      [bob.process],
    );
  });

  it('goes on numbering those who join, so that pages of members stay whole', async () => {
    const { world, bob } = gathered();
    bob.ask({ type: 'leaveGroup', group: 'g' });
    const next = await restarted(world);
    next.join('dora', 4).ask({ type: 'joinGroup', group: 'g' });
    const ordinals = [...world.changesOf('memberJoined'), ...next.changesOf('memberJoined')];
    assert.deepEqual(
      ordinals.map(({ ordinal }) => ordinal),
      [1, 2, 3, 4],
    );
  });

  it('is in the state of the one before, whatever was asked of it, with nobody online', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 120 }), async (deeds) => {
        const options = { policy: { groupsPerClient: 2 }, limits: { logMessages: 5 } };
        const world = new World(options);
        const people = ['ann', 'bob', 'carl'].map((name, at) => world.join(name, at + 1));
        for (const [at, one] of deeds.entries()) people.map(doing(one, at));
        const next = await restarted(world, undefined, options);
        assert.deepEqual(lasting(next), lasting(world));
      }),
      { numRuns: 100 },
    );
  });
});

const deed = fc.record({
  type: fc.constantFrom(
    ...(['create', 'join', 'leave', 'send', 'send', 'send', 'confirm'] as const),
    ...(['kick', 'ban', 'unban', 'mute', 'role', 'transfer', 'topic'] as const),
    ...(['invite', 'close', 'lock', 'remove'] as const),
  ),
  about: fc.constantFrom('ann', 'bob', 'carl'),
  group: fc.constantFrom('g', 'h', 'i'),
  person: fc.nat(2),
});

/** What one of the people does and the others do not. */
function doing(
  { type, group, person, about: name }: typeof deed extends fc.Arbitrary<infer D> ? D : never,
  at: number,
) {
  return (client: TestClient, who: number): void => {
    if (who !== person) return;
    if (type === 'create') client.ask({ type: 'createGroup', group });
    if (type === 'join') client.ask({ type: 'joinGroup', group });
    if (type === 'leave') client.ask({ type: 'leaveGroup', group });
    if (type === 'send') client.send(group, `message ${at}`, at + 1);
    if (type === 'kick') client.ask({ type, group, name, reason: '' });
    if (type === 'ban') client.ask({ type, group, name, reason: `${at}` });
    if (type === 'unban') client.ask({ type, group, name });
    if (type === 'mute') client.ask({ type, group, name, minutes: at, reason: '' });
    if (type === 'role') client.ask({ type: 'giveRole', group, name, role: 'moderator' });
    if (type === 'transfer') client.ask({ type: 'transferGroup', group, name });
    if (type === 'topic') client.ask({ type: 'setTopic', group, text: `${at % 3 || ''}` });
    if (type === 'invite') client.ask({ type, group, name });
    if (type === 'close') client.ask({ type: 'setInviteOnly', group, isOn: at % 2 === 0 });
    if (type === 'lock') client.ask({ type: 'setPassword', group, proof: identity(at % 200) });
    if (type === 'remove') client.ask({ type: 'removeGroup', group });
    if (type === 'confirm') client.confirm(group, client.told('groupMessage').at(-1)?.seq ?? 0);
  };
}

/** What a start must not change. */
function lasting({ hub }: World): unknown {
  const { names, groups } = hub.snapshot();
  return {
    names: names.map(({ name, key }) => ({ name, key })),
    groups: groups.map((group) => ({
      ...group,
      members: group.members.map(({ name, confirmedSeq }) => ({ name, confirmedSeq })),
    })),
  };
}

describe('while the store has no room, a hub', () => {
  /** Somebody has sent a message that is not stored, when it turns out that there is no room. */
  function full() {
    const people = slowlyStored();
    const { world, ann } = people;
    ann.send('g', 'under way', 1);
    world.hub.storeFull(true, world.now);
    return people;
  }

  it('refuses what would change anything, and answers what only asks', () => {
    const { world, ann, bob } = full();
    const changes = world.changes.length;
    for (const asked of [
      { type: 'createGroup', group: 'h' },
      { type: 'leaveGroup', group: 'g' },
    ] as const) {
      const refused = ann.ask(asked);
      assert.equal(outcome(refused), 'STORE_FULL');
      assert.equal(refused?.type === 'refused' && refused.retryMs, 60_000);
    }
    ann.send('g', 'too late', 2);
    assert.equal(ann.told('refused').length, 3);
    ann.ask({ type: 'listGroups', after: 0 });
    bob.ask({ type: 'listMembers', group: 'g', after: 0 });
    assert.deepEqual([ann.told('groupList').length, bob.told('memberList').length], [1, 1]);
    const stranger = world.join('dave', 9);
    assert.deepEqual([stranger.told('welcome').length, stranger.told('refused').length], [0, 1]);
    assert.equal(world.changes.length, changes);
  });

  it('acknowledges a message that is sent again only once it is stored', () => {
    const { world, ann, bob } = full();
    ann.send('g', 'under way', 1);
    assert.deepEqual([ann.told('committed').length, bob.textsIn('g')], [0, []]);
    world.hub.storeFull(false, world.now);
    world.store();
    assert.equal(ann.told('committed').length, 2);
    assert.deepEqual(bob.textsIn('g'), ['under way']);
  });

  it('has stored where members stand when there is room again, each once', () => {
    const { world, ann, bob } = slowlyStored();
    ann.send('g', 'one', 1);
    ann.send('g', 'two', 2);
    world.store();
    bob.read();
    world.hub.storeFull(true, world.now);
    const changes = world.changes.length;
    bob.confirm('g', 1);
    bob.confirm('g', 2);
    assert.equal(world.changes.length, changes);
    world.hub.storeFull(false, world.now);
    world.carryOut();
    assert.deepEqual(world.changes.slice(changes), [
      { type: 'memberConfirmed', group: 'g', name: 'bob', seq: 2 },
    ]);
  });
});
