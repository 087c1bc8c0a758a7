import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Hub } from '../../../core/chat/hub.ts';
import { nothingStored } from '../../../core/chat/records.ts';
import { clientCodec, serverCodec } from '../../../core/chat/wire.ts';
import { type Asked, identity, noEpoch, outcome, populated, processId, World } from './world.ts';

describe('bounds of a hub', () => {
  it('closes a link beyond its bound as full', () => {
    const world = new World({ limits: { links: 1 } });
    world.connect(1);
    const second = world.connect(2);
    assert.equal(second.closed, 'full');
    assert.equal(outcome(second.register('bob')), 'silence');
  });

  it('refuses names and groups beyond its bounds as SERVER_FULL', () => {
    const world = new World({ limits: { names: 1, groups: 1 } });
    const ann = world.join('ann', 1);
    assert.equal(outcome(world.connect(2).register('bob')), 'SERVER_FULL');
    assert.equal(outcome(ann.ask({ type: 'createGroup', group: 'a' })), 'done');
    assert.equal(outcome(ann.ask({ type: 'createGroup', group: 'b' })), 'SERVER_FULL');
  });

  it('refuses a join when the link has used up its conversations', () => {
    const world = new World({ limits: { conversations: 2 } });
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    const outcomes = [1, 2, 3].map(() => {
      const joined = outcome(ann.ask({ type: 'joinGroup', group: 'g' }));
      ann.ask({ type: 'leaveGroup', group: 'g' });
      return joined;
    });
    assert.deepEqual(outcomes, ['joined', 'joined', 'SERVER_FULL']);
  });

  it('refuses requests beyond the rate, and grants them later', () => {
    const world = new World({ limits: { requestBurst: 3, requestsPerSecond: 2 } });
    const ann = world.join('ann', 1);
    const ask = (): string => outcome(ann.ask({ type: 'listGroups', after: 0 }));
    assert.deepEqual([ask(), ask(), ask()], ['groupList', 'groupList', 'RATE_LIMITED']);
    world.pass(500);
    assert.deepEqual([ask(), ask()], ['groupList', 'RATE_LIMITED']);
  });

  it('counts claims against the rate too', () => {
    const world = new World({ limits: { requestBurst: 1 } });
    const ann = world.connect(1);
    assert.equal(outcome(ann.register('a b')), 'NAME_INVALID');
    assert.equal(outcome(ann.register('ann')), 'RATE_LIMITED');
  });

  it('answers a message sent again whatever the rate', () => {
    const world = new World({ limits: { requestBurst: 4 } });
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    assert.equal(outcome(ann.send('g', 'one', 1)), 'committed');
    assert.equal(outcome(ann.send('g', 'one', 1)), 'committed');
    assert.equal(outcome(ann.send('g', 'two', 2)), 'RATE_LIMITED');
  });

  for (const options of [
    { policy: { groupsPerClient: 257 } },
    { policy: { groupsPerClient: 0 } },
    { policy: { silenceMs: Number.NaN } },
    { limits: { textBytes: 60_001 } },
    { limits: { links: 1.5 } },
    { limits: { link: 1 } },
    { limits: { directoryNames: 10_001 } },
    { limits: { requestByteBurst: 65_535 } },
  ]) {
    it(`does not start with ${JSON.stringify(options)}`, () => {
      assert.throws(() => new World(options), { code: 'OPTION_INVALID' });
    });
  }
});

describe('hostile input', () => {
  it('changes nothing unless it is a request that is granted', () => {
    const world = populated();
    const ann = world.join('ann', 9);
    const stranger = world.connect(7);
    const before = world.hub.snapshot();
    const valid = clientCodec.encode({ type: 'joinGroup', requestId: 1, group: 'g' });
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(valid.length - 1).map((end) => valid.subarray(0, end)),
      fc.constant(serverCodec.encode({ type: 'done', requestId: 1 })),
    );
    fc.assert(
      fc.property(garbage, fc.boolean(), (bytes, registered) => {
        const client = registered ? ann : stranger;
        if (clientCodec.decode(bytes) !== undefined) return;
        assert.equal(client.raw(bytes), false);
        assert.deepEqual(world.hub.snapshot(), before);
      }),
      { numRuns: 500 },
    );
  });

  it('is what comes on another conversation, though it were a request', () => {
    const world = populated();
    const ann = world.join('ann', 9);
    const bytes = clientCodec.encode({ type: 'createGroup', requestId: 1, group: 'new' });
    assert.equal(ann.raw(bytes, 3), false);
    assert.equal(ann.answer(1)?.type, 'welcome');
  });

  it('is ignored from a link that the hub does not know', () => {
    const world = populated();
    const ann = world.join('ann', 9);
    ann.down();
    const before = world.hub.snapshot();
    assert.equal(outcome(ann.ask({ type: 'createGroup', group: 'new' })), 'silence');
    ann.down();
    ann.unresponsive();
    ann.probed(true);
    assert.equal(world.hub.readNext(ann.number), undefined);
    assert.deepEqual(world.hub.snapshot(), before);
  });

  it('never throws, whatever requests come in whatever order', () => {
    const group = fc.constantFrom('g', 'G', 'h', 'x', 'a b');
    const name = fc.constantFrom('ann', 'bob', 'carl', 'server', '');
    const number = fc.oneof(fc.nat(5), fc.maxSafeNat());
    const asked = fc.oneof<fc.Arbitrary<Asked>[]>(
      fc.constant({ type: 'deregister' }),
      fc.record({ type: fc.constant('createGroup'), group }),
      fc.record({ type: fc.constant('joinGroup'), group }),
      fc.record({ type: fc.constant('leaveGroup'), group }),
      fc.record({ type: fc.constant('listGroups'), after: number }),
      fc.record({ type: fc.constant('listMembers'), group, after: number }),
      fc.record({ type: fc.constant('reportUnanswered'), name }),
      fc.record({
        type: fc.constant('register'),
        name,
        bot: fc.boolean(),
        auxiliary: fc.boolean(),
        takeOver: fc.boolean(),
        hidesAddress: fc.boolean(),
        processId: fc.nat(3).map(processId),
        nextCounter: number,
        epoch: fc.constant(noEpoch),
        directoryVersion: number,
        resume: fc.array(fc.record({ group, logId: fc.nat(9).map(processId), seq: number })),
      }),
      fc.record({
        type: fc.constant('sendGroup'),
        group,
        mid: fc.tuple(fc.nat(3), fc.nat(9)).map(([process, counter]) => {
          const mid = new Uint8Array(16).fill(process, 0, 8);
          mid[15] = counter;
          return mid;
        }),
        hops: fc.nat(9),
        text: fc.string(),
      }),
    );
    const step = fc.tuple(
      fc.nat(4),
      fc.oneof(
        { arbitrary: asked, weight: 9 },
        fc.constantFrom('down', 'unresponsive', 'alive', 'dead', 'pass'),
      ),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const world = new World({ policy: { groupsPerClient: 2 } });
        const clients = [1, 1, 2, 2, 3].map((person) => world.connect(person));
        for (const [at, what] of steps) {
          const client = clients[at];
          assert.ok(client !== undefined);
          if (typeof what === 'object') client.ask(what);
          else if (what === 'down') {
            client.down();
            clients[at] = world.connect(1 + (at >> 1));
          } else if (what === 'unresponsive') client.unresponsive();
          else if (what === 'pass') world.pass(400);
          else client.probed(what === 'alive');
        }
        const { sessions, links } = world.hub.snapshot();
        const numbers = new Set(links.map(({ number }) => number));
        for (const { link } of sessions) assert.ok(link === undefined || numbers.has(link));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a hub', () => {
  it('starts with the names that were bound before', () => {
    const names = [{ name: 'Ann', identity: '01'.repeat(32) }];
    const world = new World({ stored: { ...nothingStored, names } });
    assert.equal(outcome(world.connect(2).register('ann')), 'NAME_TAKEN');
    const welcome = world.connect(1).register('ann');
    assert.ok(welcome?.type === 'welcome');
    assert.equal(welcome.name, 'Ann');
    assert.deepEqual(world.changesOf('nameBound'), []);
  });

  it('yields the binding of a name before the welcome to it', () => {
    const world = new World();
    world.join('ann', 1);
    assert.deepEqual(world.changesOf('nameBound'), [
      { type: 'nameBound', name: 'ann', identity: '01'.repeat(32) },
    ]);
    assert.ok(world.effects.indexOf('store') < world.effects.indexOf('send'));
  });

  it('tells in its welcome what it allows', () => {
    const world = new World({ policy: { groupsPerClient: 3, silenceMs: 2500 } });
    const welcome = world.connect(1).register('ann');
    assert.ok(welcome?.type === 'welcome');
    const { groupsPerClient, privateInGroup, removeUnresponsive, silenceMs, mailbox } = welcome;
    assert.deepEqual(
      [groupsPerClient, privateInGroup, removeUnresponsive, silenceMs, mailbox],
      [3, false, false, 2500, true],
    );
  });

  it('has nothing to do when nobody is in anybody’s way', () => {
    const hub = new Hub({
      random: (count) => new Uint8Array(count),
      wallClock: () => 0,
      hash: (bytes) => bytes,
    });
    hub.linkUp(1, identity(1), { host: '192.0.2.1', port: 1 });
    assert.equal(hub.pollTimeout(), undefined);
    assert.equal(hub.pollEffect(), undefined);
  });
});
