import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorCodeFromWire } from '../../../core/errors.ts';
import { gathered, outcome, processId, type TestClient, World } from './world.ts';

function names(client: TestClient, type: 'groupList' | 'memberList'): readonly string[] {
  return (
    client
      .told(type)
      .at(-1)
      ?.names.map(({ name }) => name) ?? []
  );
}

describe('groups', () => {
  it('are created without being joined', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    assert.equal(outcome(ann.ask({ type: 'listMembers', group: 'g', after: 0 })), 'NOT_MEMBER');
  });

  it('are joined, and members told, under the name they were created with', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2, { bot: true })];
    ann.ask({ type: 'createGroup', group: 'RoomA' });
    const joined = ann.ask({ type: 'joinGroup', group: 'rooma' });
    assert.ok(joined?.type === 'joined');
    assert.equal(joined.group, 'RoomA');
    bob.ask({ type: 'joinGroup', group: 'ROOMA' });
    bob.ask({ type: 'leaveGroup', group: 'rooma' });
    assert.deepEqual(ann.told('memberJoined'), [
      { type: 'memberJoined', group: 'RoomA', name: 'bob', bot: true },
    ]);
    assert.deepEqual(ann.told('memberLeft'), [
      { type: 'memberLeft', group: 'RoomA', name: 'bob', reason: 'left', by: '', words: '' },
    ]);
    assert.deepEqual(bob.told('memberJoined'), []);
  });

  it('are listed page by page', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    const wanted = Array.from({ length: 450 }, (_, number) => `g${number}`);
    for (const group of wanted) ann.ask({ type: 'createGroup', group });
    const listed: string[] = [];
    let after = 0;
    do {
      const page = ann.ask({ type: 'listGroups', after });
      assert.ok(page?.type === 'groupList');
      listed.push(...page.names.map(({ name }) => name));
      after = page.next;
    } while (after > 0);
    assert.deepEqual(listed, wanted);
    assert.deepEqual(world.factsOf('groupsListed')[0]?.groups, wanted);
    assert.equal(world.factsOf('groupsListed').length, 1);
  });

  it('list their members page by page in the order of joining', () => {
    const world = new World();
    const first = world.join('n0', 1);
    first.ask({ type: 'createGroup', group: 'g' });
    first.ask({ type: 'joinGroup', group: 'g' });
    for (let number = 1; number < 300; number++) {
      const client = world.join(`n${number}`, 1);
      client.ask({ type: 'joinGroup', group: 'g' });
      if (number % 3 === 0) client.ask({ type: 'leaveGroup', group: 'g' });
    }
    const page = first.ask({ type: 'listMembers', group: 'g', after: 0 });
    assert.ok(page?.type === 'memberList' && page.next > 0);
    const members = [...names(first, 'memberList')];
    first.ask({ type: 'listMembers', group: 'g', after: page.next });
    members.push(...names(first, 'memberList'));
    const wanted = Array.from({ length: 300 }, (_, number) => number)
      .filter((number) => number === 0 || number % 3 > 0)
      .map((number) => `n${number}`);
    assert.deepEqual(members, wanted);
  });
});

describe('a group message', () => {
  it('reaches every other member once, stamped by the server, and not its sender', () => {
    const { world, ann, bob, carl } = gathered();
    const committed = ann.send('g', 'hello', 1, 3);
    assert.ok(committed?.type === 'committed');
    assert.equal(committed.seq, 1);
    assert.equal(committed.durable, false);
    for (const member of [bob, carl]) {
      const [message] = member.told('groupMessage');
      assert.deepEqual(
        [message?.from, message?.text, message?.seq, message?.bot, message?.hops],
        ['ann', 'hello', 1, false, 3],
      );
      assert.equal(message?.sentAtMs, 1_700_000_000_000 + world.now);
      assert.equal(member.heard.at(-1)?.conversation, member.conversationOf('g'));
    }
    assert.deepEqual(ann.told('groupMessage'), []);
  });

  it('carries the bot flag of the registration', () => {
    const { world, ann } = gathered();
    const bot = world.join('bot', 4, { bot: true });
    bot.ask({ type: 'joinGroup', group: 'g' });
    bot.send('g', 'beep', 1);
    assert.equal(ann.told('groupMessage')[0]?.bot, true);
  });

  it('is not for who joins later', () => {
    const { world, ann } = gathered();
    ann.send('g', 'before', 1);
    const dora = world.join('dora', 4);
    dora.ask({ type: 'joinGroup', group: 'g' });
    ann.send('g', 'after', 2);
    assert.deepEqual(dora.textsIn('g'), ['after']);
  });

  it('sent again is committed once, with its first place', () => {
    const { ann, bob } = gathered();
    const first = ann.send('g', 'one', 1);
    ann.send('g', 'two', 2);
    const again = ann.send('g', 'one', 1);
    assert.ok(first?.type === 'committed' && again?.type === 'committed');
    assert.equal(again.seq, first.seq);
    assert.deepEqual(bob.textsIn('g'), ['one', 'two']);
  });

  it('sent again on another connection, even from outside the group, is committed once', () => {
    const { world, ann, bob } = gathered();
    const options = { processId: ann.process, nextCounter: 2 };
    ann.send('g', 'one', 1);
    ann.down();
    const again = world.join('ann', 1, options);
    again.ask({ type: 'leaveGroup', group: 'g' });
    assert.equal(outcome(again.send('g', 'one', 1)), 'committed');
    assert.equal(outcome(again.send('g', 'two', 2)), 'NOT_MEMBER');
    assert.deepEqual(bob.textsIn('g'), ['one']);
  });

  it('whose fate is forgotten is refused instead of doubled', () => {
    const { world, ann, bob } = gathered({ limits: { sendsRemembered: 2 } });
    for (const counter of [1, 2, 3]) ann.send('g', `${counter}`, counter);
    assert.equal(outcome(ann.send('g', '1', 1)), 'OUTCOME_UNKNOWN');
    const restarted = world.connect(1);
    restarted.register('ann', { takeOver: true, processId: processId(60), nextCounter: 5 });
    assert.equal(outcome(restarted.send('g', '4', 4)), 'OUTCOME_UNKNOWN');
    assert.equal(outcome(restarted.send('g', '5', 5)), 'committed');
    assert.deepEqual(bob.textsIn('g'), ['1', '2', '3', '5']);
  });

  it('that was refused may be sent again', () => {
    const { ann, bob } = gathered();
    ann.ask({ type: 'leaveGroup', group: 'g' });
    assert.equal(outcome(ann.send('g', 'one', 1)), 'NOT_MEMBER');
    ann.ask({ type: 'joinGroup', group: 'g' });
    assert.equal(outcome(ann.send('g', 'one', 1)), 'committed');
    assert.deepEqual(bob.textsIn('g'), ['one']);
  });
});

describe('de-registration', () => {
  it('leaves every group and tells the others', () => {
    const { world, ann, bob } = gathered();
    assert.equal(outcome(bob.ask({ type: 'deregister' })), 'done');
    assert.deepEqual(
      ann.told('memberLeft').map(({ name, reason }) => [name, reason]),
      [['bob', 'deregistered']],
    );
    const groups = world.factsOf('groupsChanged').at(-1)?.groups;
    assert.deepEqual(groups, new Map([['g', ['ann', 'carl']]]));
    ann.send('g', 'one', 1);
    assert.deepEqual(bob.textsIn('g'), []);
    assert.equal(outcome(bob.ask({ type: 'listGroups', after: 0 })), 'NOT_REGISTERED');
  });

  it('lets the link claim no other name', () => {
    const { bob } = gathered();
    bob.ask({ type: 'deregister' });
    const answer = bob.register('bob');
    assert.ok(answer?.type === 'refused');
    assert.equal(errorCodeFromWire(answer.code), 'BAD_REQUEST');
  });
});

describe('the narration', () => {
  it('tells what happened in groups, in order', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    const { length } = world.facts;
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'x' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    ann.send('g', 'hello', 1);
    ann.send('g', 'hello', 1);
    ann.ask({ type: 'listMembers', group: 'g', after: 0 });
    ann.ask({ type: 'leaveGroup', group: 'g' });
    assert.deepEqual(
      world.facts.slice(length).map(({ type }) => type),
      [
        'groupCreated',
        'groupsChanged',
        'groupCreateRefused',
        'groupJoinRefused',
        'groupJoined',
        'groupsChanged',
        'groupMessageSent',
        'membersListed',
        'groupLeft',
        'groupsChanged',
      ],
    );
  });
});
