import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nothingStored } from '../../../core/chat/records.ts';
import { classicPolicy } from '../../../core/chat/types.ts';
import { gathered, outcome, processId, World } from './world.ts';

describe('a slow member', () => {
  it('costs nothing but its cursor, and reads on when it has room', () => {
    const { world, ann, bob, carl } = gathered();
    bob.hasRoom = false;
    const { length } = world.effects;
    for (let counter = 1; counter <= 50; counter++) ann.send('g', `${counter}`, counter);
    const told = world.effects.slice(length).filter((type) => type === 'readable');
    assert.equal(told.length, 50 + 1, 'one for each that carl reads, one for bob');
    assert.deepEqual(bob.textsIn('g'), []);
    assert.equal(carl.textsIn('g').length, 50);
    bob.hasRoom = true;
    bob.read();
    assert.deepEqual(bob.textsIn('g'), carl.textsIn('g'));
  });

  it('meets a gap where neither the log nor the store could wait', () => {
    const { world, ann, bob } = gathered({ limits: { logMessages: 10 } });
    world.retainedAfter = 3;
    bob.hasRoom = false;
    for (let counter = 1; counter <= 13; counter++) ann.send('g', `${counter}`, counter);
    bob.hasRoom = true;
    bob.read();
    const kept = Array.from({ length: 10 }, (_, at) => `${at + 4}`);
    assert.deepEqual(bob.textsIn('g'), ['gap 3', ...kept]);
    assert.equal(bob.told('gap')[0]?.fromSeq, 4);
  });

  it('meets no gap of its own messages', () => {
    const { world, ann, bob } = gathered({ limits: { logMessages: 10 } });
    for (let counter = 1; counter <= 30; counter++) ann.send('g', `${counter}`, counter);
    bob.send('g', 'hello', 1);
    assert.deepEqual(ann.textsIn('g'), ['hello']);
    ann.confirm('g', 31);
    for (let counter = 31; counter <= 60; counter++) ann.send('g', `${counter}`, counter);
    ann.down();
    const again = world.join('ann', 1);
    bob.send('g', 'again', 2);
    assert.deepEqual(again.textsIn('g'), ['again']);
  });

  it('reads its groups in turn', () => {
    const { world, ann, bob } = gathered({ policy: { groupsPerClient: 2 } });
    bob.ask({ type: 'createGroup', group: 'h' });
    for (const client of [ann, bob]) client.ask({ type: 'joinGroup', group: 'h' });
    bob.hasRoom = false;
    for (let counter = 1; counter <= 4; counter += 2) {
      ann.send('g', `g${counter}`, counter);
      ann.send('h', `h${counter}`, counter + 1);
    }
    bob.hasRoom = true;
    bob.read();
    assert.deepEqual(
      bob.told('groupMessage').map(({ text }) => text),
      ['g1', 'h1', 'g3', 'h3'],
    );
    assert.equal(world.hub.readNext(bob.number), undefined);
  });

  it('is not told of a group it has left', () => {
    const { ann, bob } = gathered();
    bob.hasRoom = false;
    ann.send('g', 'missed', 1);
    bob.ask({ type: 'leaveGroup', group: 'g' });
    bob.hasRoom = true;
    bob.read();
    assert.deepEqual(bob.textsIn('g'), []);
  });
});

describe('an absent member', () => {
  it('stays a member and reads on from where it says it stands', () => {
    const { world, ann, bob } = gathered();
    const process = { processId: bob.process };
    ann.send('g', 'one', 1);
    ann.send('g', 'two', 2);
    const { logId } = bob.resumePoint('g');
    bob.down();
    ann.send('g', 'three', 3);
    const again = world.join('bob', 2, { ...process, resume: [{ group: 'G', logId, seq: 1 }] });
    const welcome = again.told('welcome')[0]?.groups[0];
    assert.deepEqual([welcome?.group, welcome?.seq, welcome?.headSeq], ['g', 1, 3]);
    assert.deepEqual(again.textsIn('g'), ['two', 'three']);
    assert.deepEqual(ann.told('memberLeft'), []);
  });

  it('gets again what it has not confirmed when it comes as a new process', () => {
    const { world, ann, bob } = gathered();
    for (const counter of [1, 2, 3]) ann.send('g', `${counter}`, counter);
    bob.confirm('g', 2);
    bob.confirm('g', 1);
    bob.confirm('g', 99);
    bob.down();
    assert.deepEqual(world.join('bob', 2).textsIn('g'), ['3']);
  });

  it('cannot skip back before it joined, nor ahead of the log', () => {
    const { world, ann } = gathered();
    ann.send('g', 'before', 1);
    const dora = world.join('dora', 4);
    dora.ask({ type: 'joinGroup', group: 'g' });
    const { logId } = dora.resumePoint('g');
    dora.down();
    const early = world.join('dora', 4, { resume: [{ group: 'g', logId, seq: 0 }] });
    assert.deepEqual(early.textsIn('g'), []);
    early.down();
    const late = world.join('dora', 4, { resume: [{ group: 'g', logId, seq: 99 }] });
    ann.send('g', 'after', 2);
    assert.deepEqual(late.textsIn('g'), ['after']);
  });

  it('that stood in another log is told of a gap of unknown size', () => {
    const { world, ann, bob } = gathered();
    bob.down();
    ann.send('g', 'one', 1);
    const point = { group: 'g', logId: processId(99), seq: 40 };
    const again = world.join('bob', 2, { resume: [point] });
    assert.deepEqual(again.textsIn('g'), ['gap 0', 'one']);
  });

  it('of a group that was restored goes on where its log is still the same, behind a gap', () => {
    const [present, first, second] = [3, 4, 5].map(processId);
    assert.ok(present && first && second);
    const restored = (): World => {
      const { world } = gathered();
      const { changes } = world;
      const next = new World({
        stored: {
          ...nothingStored,
          names: changes.flatMap((change) => (change.type === 'nameBound' ? [change] : [])),
          groups: [
            {
              name: 'g',
              logId: present,
              headSeq: 4,
              messages: Array.from({ length: 4 }, (_, at) => ({
                mid: new Uint8Array(16),
                seq: at + 1,
                from: 'ann',
                bot: false,
                hops: 0,
                sentAtMs: 0,
                text: `${at + 1}`,
              })),
              members: [{ name: 'bob', ordinal: 2, confirmedSeq: 1 }],
              rules: [],
              formerLogs: [
                { logId: first, seq: 3 },
                { logId: second, seq: 4 },
              ],
              retention: {},
            },
          ],
        },
      });
      return next;
    };
    const readsFrom = (logId: Uint8Array, seq: number): readonly string[] =>
      restored()
        .join('bob', 2, { resume: [{ group: 'g', logId, seq }] })
        .textsIn('g');
    assert.deepEqual(readsFrom(second, 9), ['gap 0'], 'it has read all that was kept, and more');
    assert.deepEqual(readsFrom(second, 2), ['gap 0', '3', '4']);
    assert.deepEqual(readsFrom(first, 9), ['gap 0', '4'], 'it left the log at 3');
    assert.deepEqual(readsFrom(processId(99), 9), ['gap 0'], 'nothing is told twice');
    assert.deepEqual(readsFrom(present, 3), ['4'], 'it was told already');
    const bob = restored().join('bob', 2);
    assert.deepEqual(
      bob.textsIn('g'),
      ['gap 0', '2', '3', '4'],
      'a new process goes by the server',
    );
  });

  it('that is no member any more is told so', () => {
    const world = new World();
    const point = { group: 'g', logId: processId(1), seq: 1 };
    const ann = world.join('ann', 1, { resume: [point] });
    assert.deepEqual(
      ann.heard.map(({ message }) => message.type),
      ['welcome', 'groupLost', 'directoryDelta'],
    );
    assert.equal(ann.told('groupLost')[0]?.reason, 'forgotten');
  });

  it('is welcomed before anything it missed', () => {
    const { world, ann, bob } = gathered();
    bob.down();
    ann.send('g', 'one', 1);
    const again = world.join('bob', 2);
    assert.deepEqual(
      again.heard.map(({ message }) => message.type),
      ['welcome', 'directoryDelta', 'groupMessage'],
    );
  });

  it('misses nothing when its process moves to another connection', () => {
    const { world, ann, bob } = gathered();
    const process = { processId: bob.process };
    bob.hasRoom = false;
    ann.send('g', 'one', 1);
    const again = world.join('bob', 2, { ...process, resume: [bob.resumePoint('g')] });
    ann.send('g', 'two', 2);
    assert.deepEqual(again.textsIn('g'), ['one', 'two']);
  });
});

describe('an unresponsive member', () => {
  it('keeps its membership by default', () => {
    const { ann, bob } = gathered();
    bob.unresponsive();
    ann.send('g', 'one', 1);
    assert.deepEqual(bob.textsIn('g'), ['one']);
    assert.equal(outcome(bob.ask({ type: 'listMembers', group: 'g', after: 0 })), 'memberList');
  });

  it('loses it under the classic policy, and reads so once', () => {
    const { world, ann, bob } = gathered({ policy: classicPolicy });
    bob.unresponsive();
    assert.deepEqual(
      ann.told('memberLeft').map(({ name, reason }) => [name, reason]),
      [['bob', 'unresponsive']],
    );
    assert.deepEqual(world.factsOf('groupLeft'), [
      { type: 'groupLeft', group: 'g', by: 'bob', reason: 'unresponsive' },
    ]);
    assert.deepEqual(
      bob.told('groupLost').map(({ reason }) => reason),
      ['unresponsive'],
    );
    ann.send('g', 'one', 1);
    assert.deepEqual(bob.textsIn('g'), []);
    assert.equal(outcome(bob.send('g', 'hello?', 1)), 'REMOVED_FROM_GROUP');
    assert.equal(outcome(bob.send('g', 'hello?', 2)), 'NOT_MEMBER');
    assert.equal(outcome(bob.ask({ type: 'joinGroup', group: 'g' })), 'joined');
  });

  it('loses it under the classic policy when its connection ends, and hears so when it comes back', () => {
    const { world, ann, bob } = gathered({ policy: classicPolicy });
    const point = bob.resumePoint('g');
    bob.down();
    assert.equal(ann.told('memberLeft')[0]?.reason, 'unresponsive');
    const again = world.join('bob', 2, { resume: [point] });
    assert.equal(again.told('groupLost')[0]?.reason, 'unresponsive');
    assert.equal(outcome(again.send('g', 'hello?', 1)), 'REMOVED_FROM_GROUP');
  });

  it('is in good standing again after it has de-registered', () => {
    const { world, bob } = gathered({ policy: classicPolicy });
    bob.unresponsive();
    bob.ask({ type: 'deregister' });
    const again = world.join('bob', 2);
    assert.equal(outcome(again.ask({ type: 'leaveGroup', group: 'g' })), 'NOT_MEMBER');
  });

  it('is in good standing again after it has joined again', () => {
    const { bob } = gathered({ policy: classicPolicy });
    bob.unresponsive();
    bob.ask({ type: 'joinGroup', group: 'g' });
    bob.ask({ type: 'leaveGroup', group: 'g' });
    assert.equal(outcome(bob.ask({ type: 'leaveGroup', group: 'g' })), 'NOT_MEMBER');
  });
});
