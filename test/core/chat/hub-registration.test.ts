import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noEpoch, outcome, processId, World } from './world.ts';

describe('names', () => {
  it('belong to the first identity that claims them, whatever the case', () => {
    const world = new World();
    world.join('Ann', 1).ask({ type: 'deregister' });
    assert.equal(outcome(world.connect(2).register('aNN')), 'NAME_TAKEN');
    const welcome = world.connect(1).register('ANN');
    assert.ok(welcome?.type === 'welcome');
    assert.equal(welcome.name, 'Ann');
    assert.equal(world.changesOf('nameBound').length, 1);
  });

  it('of one identity may be several', () => {
    const world = new World();
    world.join('ann', 1);
    world.join('ann-bot', 1, { bot: true });
    assert.deepEqual(world.names, { ann: true, 'ann-bot': true });
  });

  it('are refused with a reason', () => {
    const refusal = new World().connect(1).register('server');
    assert.ok(refusal?.type === 'refused');
    assert.equal(refusal.detail, 'the name "server" is reserved');
    assert.equal(outcome(refusal), 'NAME_INVALID');
  });

  it('that are taken need no probe of anybody', () => {
    const world = new World();
    world.join('ann', 1);
    world.connect(2).register('ann', { takeOver: true });
    assert.deepEqual(world.probes, []);
  });
});

describe('a second process of an identity', () => {
  it('is refused when the present one lives', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const claimant = world.connect(1);
    assert.equal(outcome(claimant.register('ann')), 'silence');
    assert.deepEqual(world.probes, [old.number]);
    old.probed(true);
    assert.equal(outcome(claimant.answer()), 'NAME_PRESENT');
    assert.equal(old.closed, undefined);
    assert.deepEqual(world.names, { ann: true });
  });

  it('may claim another name when it was refused', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const claimant = world.connect(1);
    claimant.register('ann');
    old.probed(true);
    assert.equal(outcome(claimant.register('ann2')), 'welcome');
  });

  it('is welcome when the present one fails its probe, which is closed', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const claimant = world.connect(1);
    claimant.register('ann');
    old.probed(false);
    assert.equal(outcome(claimant.answer()), 'welcome');
    assert.equal(old.closed, 'silent');
    assert.deepEqual(world.factsOf('clientLost'), [{ type: 'clientLost', name: 'ann' }]);
  });

  it('is welcome after a second of silence', () => {
    const world = new World();
    world.join('ann', 1);
    const claimant = world.connect(1);
    claimant.register('ann');
    world.pass(999);
    assert.equal(outcome(claimant.answer()), 'silence');
    world.pass(1);
    assert.equal(outcome(claimant.answer()), 'welcome');
  });

  it('is welcome as soon as the present one is down', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const claimant = world.connect(1);
    claimant.register('ann');
    old.down();
    assert.equal(outcome(claimant.answer()), 'welcome');
    world.pass(5000);
    assert.deepEqual(world.names, { ann: true });
  });

  it('is refused at once when the present one says something', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const claimant = world.connect(1);
    claimant.register('ann');
    old.ask({ type: 'listGroups', after: 0 });
    assert.equal(outcome(claimant.answer()), 'NAME_PRESENT');
  });

  it('takes over if it says so, without a moment offline', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const bob = world.join('bob', 2);
    const heard = bob.heard.length;
    const claimant = world.connect(1);
    assert.equal(outcome(claimant.register('ann', { takeOver: true })), 'welcome');
    assert.equal(old.closed, 'takenOver');
    assert.deepEqual(world.probes, []);
    const deltas = bob.heard.slice(heard).map(({ message }) => message);
    assert.ok(deltas.every((delta) => delta.type === 'directoryDelta'));
    assert.deepEqual(world.factsOf('clientLost'), []);
  });

  it('waits no longer when it is gone itself', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const claimant = world.connect(1);
    claimant.register('ann');
    claimant.down();
    old.probed(false);
    assert.equal(outcome(claimant.answer()), 'silence');
    assert.deepEqual(world.names, { ann: false });
  });

  it('is refused when another waiting one was faster and lives', () => {
    const world = new World();
    const old = world.join('ann', 1);
    const [first, second] = [world.connect(1), world.connect(1)];
    first.register('ann');
    second.register('ann');
    assert.deepEqual(world.probes, [old.number]);
    old.probed(false);
    assert.equal(outcome(first.answer()), 'welcome');
    assert.equal(outcome(second.answer()), 'silence');
    first.probed(true);
    assert.equal(outcome(second.answer()), 'NAME_PRESENT');
  });

  it('is refused at once where too many wait already', () => {
    const world = new World({ limits: { probeClaims: 1 } });
    world.join('ann', 1);
    world.connect(1).register('ann');
    assert.equal(outcome(world.connect(1).register('ann')), 'NAME_PRESENT');
  });
});

describe('the same process on another connection', () => {
  it('replaces its old one at once, and says nothing new to anybody', () => {
    const world = new World();
    const old = world.join('ann', 1, { processId: processId(50) });
    const again = world.connect(1);
    const { length } = world.probes;
    assert.equal(outcome(again.register('ann', { processId: processId(50) })), 'welcome');
    assert.equal(old.closed, 'replaced');
    assert.equal(world.probes.length, length);
    old.down();
    assert.deepEqual(world.names, { ann: true });
  });

  it('lets claims that waited for its old one wait for the new one', () => {
    const world = new World();
    world.join('ann', 1, { processId: processId(50) });
    const claimant = world.connect(1);
    claimant.register('ann');
    const again = world.connect(1);
    again.register('ann', { processId: processId(50) });
    assert.equal(world.probes.at(-1), again.number);
    again.probed(true);
    assert.equal(outcome(claimant.answer()), 'NAME_PRESENT');
  });
});

describe('an address', () => {
  it('is refused to a second name while the first lives', () => {
    const world = new World();
    const ann = world.connect(1, 7000);
    ann.register('ann');
    const bob = world.connect(2, 7000);
    bob.register('bob');
    assert.deepEqual(world.probes, [ann.number]);
    ann.probed(true);
    assert.equal(outcome(bob.answer()), 'ADDRESS_TAKEN');
    assert.deepEqual(world.names, { ann: true });
  });

  it('passes on when the first is dead', () => {
    const world = new World();
    world.connect(1, 7000).register('ann');
    const bob = world.connect(2, 7000);
    bob.register('bob');
    world.pass(1000);
    assert.equal(outcome(bob.answer()), 'welcome');
    assert.deepEqual(world.names, { ann: false, bob: true });
  });

  it('is free after a de-registration', () => {
    const world = new World();
    const ann = world.connect(1, 7000);
    ann.register('ann');
    ann.ask({ type: 'deregister' });
    assert.equal(outcome(world.connect(2, 7000).register('bob')), 'welcome');
  });

  it('is free at once when its name was taken over from elsewhere', () => {
    const world = new World();
    world.connect(1, 7000).register('ann');
    world.connect(1, 7001).register('ann', { takeOver: true });
    assert.equal(outcome(world.connect(2, 7000).register('bob')), 'welcome');
  });

  it('does not hinder an auxiliary link', () => {
    const world = new World();
    world.connect(1, 7000).register('ann');
    assert.equal(outcome(world.connect(2, 7000).register('bob', { auxiliary: true })), 'welcome');
  });
});

describe('an auxiliary link', () => {
  it('has no presence, no groups and no deliveries, and leaves the present client alone', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    bob.ask({ type: 'createGroup', group: 'g' });
    bob.ask({ type: 'joinGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    const oneShot = world.connect(1);
    const welcome = oneShot.register('ann', { auxiliary: true });
    assert.ok(welcome?.type === 'welcome');
    assert.deepEqual(welcome.groups, []);
    bob.send('g', 'hello', 1);
    assert.deepEqual(oneShot.told('groupMessage'), []);
    assert.equal(outcome(oneShot.send('g', 'from a shell', 1)), 'committed');
    assert.deepEqual(bob.textsIn('g'), ['from a shell']);
    assert.deepEqual(ann.textsIn('g'), ['hello']);
    oneShot.ask({ type: 'deregister' });
    oneShot.down();
    assert.deepEqual(world.names, { ann: true, bob: true });
    assert.equal(outcome(ann.send('g', 'still here', 1)), 'committed');
  });

  it('reads the directory', () => {
    const world = new World();
    world.join('bob', 2);
    const oneShot = world.join('ann', 1, { auxiliary: true });
    const names = oneShot.told('directoryDelta').flatMap(({ entries }) => entries);
    assert.deepEqual(
      names.map(({ name, online }) => [name, online]),
      [
        ['bob', true],
        ['ann', false],
      ],
    );
  });

  it('claims a name that nobody has', () => {
    const world = new World();
    world.join('ann', 1, { auxiliary: true });
    assert.equal(outcome(world.connect(2).register('ann')), 'NAME_TAKEN');
  });
});

describe('presence', () => {
  it('ends with the connection and with de-registration', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    ann.down();
    bob.ask({ type: 'deregister' });
    assert.deepEqual(world.names, { ann: false, bob: false });
    assert.deepEqual(
      world.facts.map(({ type }) => type).filter((type) => type.startsWith('client')),
      ['clientRegistered', 'clientRegistered', 'clientLost', 'clientDeregistered'],
    );
  });

  it('ends with silence and comes back with the first sign of life', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    ann.unresponsive();
    ann.unresponsive();
    assert.deepEqual(world.names, { ann: false });
    assert.equal(world.factsOf('clientLost').length, 1);
    ann.probed(true);
    assert.deepEqual(world.names, { ann: true });
    ann.unresponsive();
    ann.ask({ type: 'listGroups', after: 0 });
    assert.deepEqual(world.names, { ann: true });
  });

  it('is not ended by a report, but by the probe that follows', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    ann.ask({ type: 'reportUnanswered', name: 'BOB' });
    assert.deepEqual(world.probes, [bob.number]);
    assert.deepEqual(world.names, { ann: true, bob: true });
    bob.probed(true);
    world.pass(5000);
    assert.deepEqual(world.names, { ann: true, bob: true });
    ann.ask({ type: 'reportUnanswered', name: 'bob' });
    ann.ask({ type: 'reportUnanswered', name: 'bob' });
    world.pass(1000);
    assert.deepEqual(world.names, { ann: true, bob: false });
    assert.equal(world.probes.length, 2);
    const last = ann
      .told('directoryDelta')
      .at(-1)
      ?.entries.map(({ name, online }) => [name, online]);
    assert.deepEqual(last, [['bob', false]]);
  });

  it('of somebody absent is not probed', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    bob.down();
    assert.equal(outcome(ann.ask({ type: 'reportUnanswered', name: 'bob' })), 'done');
    assert.deepEqual(world.probes, []);
  });
});

describe('the directory', () => {
  it('is told to everybody at once while few come and go', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    world.join('bob', 2);
    const entries = ann.told('directoryDelta').flatMap(({ entries }) => entries);
    assert.deepEqual(
      entries.map(({ name, online, address }) => [name, online, address.port]),
      [
        ['ann', true, 5001],
        ['bob', true, 5002],
      ],
    );
    assert.equal(world.factsOf('directoryChanged').at(-1)?.entries.length, 2);
  });

  it('is told together when many come, and to each newcomer whole', () => {
    const world = new World();
    const first = world.join('n0', 1);
    for (let number = 1; number <= 100; number++) {
      const client = world.join(`n${number}`, 1);
      const known = client.told('directoryDelta').flatMap(({ entries }) => entries).length;
      assert.equal(known, number + 1);
    }
    world.pass(250);
    assert.equal(first.told('directoryDelta').length, 9);
    const known = first.told('directoryDelta').flatMap(({ entries }) => entries);
    assert.equal(known.length, 101);
  });

  it('is read on by a client that knows a part of it from the same boot', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    const bob = world.join('bob', 2);
    const [welcome] = ann.told('welcome');
    const directoryVersion = ann.told('directoryDelta').at(-1)?.version ?? 0;
    ann.down();
    bob.down();
    const again = world.join('ann', 1, { epoch: welcome?.epoch ?? noEpoch, directoryVersion });
    const entries = again.told('directoryDelta').flatMap(({ entries }) => entries);
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['bob', 'ann'],
    );
    const stranger = world.join('ann', 1, {
      takeOver: true,
      epoch: processId(9),
      directoryVersion,
    });
    const all = stranger.told('directoryDelta').flatMap(({ entries }) => entries);
    assert.deepEqual(
      all.map(({ name }) => name),
      ['bob', 'ann'],
    );
  });

  it('is not for a link that has de-registered', () => {
    const world = new World();
    const ann = world.connect(1);
    ann.hasRoom = false;
    ann.register('ann');
    ann.ask({ type: 'deregister' });
    ann.hasRoom = true;
    ann.read();
    assert.deepEqual(ann.told('directoryDelta'), []);
  });

  it('comes after the welcome and names the client itself', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    assert.deepEqual(
      ann.heard.map(({ message }) => message.type),
      ['welcome', 'directoryDelta'],
    );
    const [welcome] = ann.told('welcome');
    assert.equal(ann.told('directoryDelta')[0]?.version, welcome?.directoryVersion);
  });
});
