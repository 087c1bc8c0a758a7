/** What clients know of each other, in virtual time: right after a registration, after a fault, on a large server. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HubSnapshot } from '../../../core/chat/snapshot.ts';
import type { DirectoryEntry } from '../../../core/index.ts';
import { outcomes, type Person, Scene } from '../../sim/scene.ts';

const talkative = { policy: { privateInGroup: true } };

/** Ann has met many; of bob, who has just come, she is to be told a quarter of a second later. */
async function newcomer(): Promise<{ scene: Scene; ann: Person; bob: Person }> {
  const scene = new Scene();
  await scene.serve(talkative);
  const ann = await scene.connect('ann');
  for (let at = 0; at < 9; at++) await scene.connect(`guest${at}`);
  const bob = await scene.connect('bob');
  assert.ok(!ann.client.directory.has('bob'));
  return { scene, ann, bob };
}

/** The people of a server that tells nobody of everybody. */
async function strangers<Name extends string>(
  ...names: readonly Name[]
): Promise<{ scene: Scene } & Readonly<Record<Name, Person>>> {
  const scene = new Scene();
  await scene.serve({ ...talkative, limits: { directoryNames: 3 } });
  const people: [string, Person][] = [];
  for (const name of names) people.push([name, await scene.connect(name)]);
  await scene.pass(1000);
  // Every name has its person.
  return { scene, ...(Object.fromEntries(people) as Record<Name, Person>) };
}

/** The names that a client knows and their presence. */
function known({ client }: Person): Readonly<Record<string, boolean>> {
  return Object.fromEntries(
    [...client.directory.values()].map(({ name, online }) => [name, online]),
  );
}

describe('right after a registration', () => {
  it('a message to the newcomer arrives', async () => {
    const { scene, ann, bob } = await newcomer();
    await scene.settle(ann.client.send('BOB', 'welcome'));
    assert.deepEqual(bob.heard, ['welcome']);
  });

  it('a message of the newcomer is shown without waiting for the directory', async () => {
    const { scene, ann, bob } = await newcomer();
    const beganAt = scene.network.now;
    await scene.settle(bob.client.send('ann', 'hello'));
    assert.deepEqual(ann.heard, ['hello']);
    assert.ok(scene.network.now - beganAt < 150, `${scene.network.now - beganAt} ms`);
  });

  it('messages to the newcomer keep their order', async () => {
    const { scene, ann, bob } = await newcomer();
    const texts = ['one', 'two', 'three'];
    const sends: Promise<unknown>[] = texts.map((text) => ann.client.send('bob', text));
    ann.client.once('directoryChanged', () => sends.push(ann.client.send('bob', 'four')));
    await scene.until(() => bob.heard.length === 4);
    assert.deepEqual(bob.heard, [...texts, 'four']);
    assert.deepEqual(new Set(await scene.settle(outcomes(sends))), new Set([undefined]));
  });
});

describe('a look-up', () => {
  it('of a name that nobody can have is refused without asking', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const ann = await scene.connect('ann');
    scene.network.cut(ann.host);
    for (const name of ['no one', 'x'.repeat(500)]) {
      await assert.rejects(scene.settle(ann.client.send(name, 'hello')), { code: 'USER_UNKNOWN' });
    }
  });

  it('of a name that nobody has says so, and that the server is away if it is', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const ann = await scene.connect('ann');
    const toNobody = (): Promise<unknown> => scene.settle(ann.client.send('nobody', 'hello'));
    await assert.rejects(toNobody(), { code: 'USER_UNKNOWN' });
    scene.network.cut(ann.host);
    await assert.rejects(toNobody(), { code: 'CONNECTION_LOST' });
  });

  it('that somebody gives up goes on for the others', async () => {
    const { scene, ann, bob } = await newcomer();
    const abort = new AbortController();
    const sends = [
      ann.client.send('bob', 'given up', { signal: abort.signal }),
      ann.client.send('bob', 'kept'),
    ];
    abort.abort();
    assert.deepEqual(await scene.settle(outcomes(sends)), ['ABORTED', undefined]);
    assert.deepEqual(bob.heard, ['kept']);
  });
});

describe('a directory that went wrong in a client', () => {
  const faults: readonly (readonly [string, (entries: Map<string, DirectoryEntry>) => void])[] = [
    ['a name that is missing', (entries) => void entries.delete('bob')],
    [
      'a presence that is out of date',
      (entries) => {
        const bob = entries.get('bob');
        if (bob !== undefined) entries.set('bob', { ...bob, online: false });
      },
    ],
    [
      'a name that nobody has',
      (entries) => {
        const bob = entries.get('bob');
        if (bob !== undefined) entries.set('ghost', { ...bob, name: 'ghost' });
      },
    ],
  ];
  for (const [fault, plant] of faults) {
    it(`is healed of ${fault} when it has not changed for a while`, async () => {
      const scene = new Scene();
      await scene.serve(talkative);
      const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
      await scene.until(() => ann.client.directory.has('bob'));
      const right = known(ann);
      // The public view is the client's own table.
      plant(ann.client.directory as Map<string, DirectoryEntry>);
      assert.notDeepEqual(known(ann), right);
      await scene.pass(35_000);
      assert.deepEqual(known(ann), right);
      await scene.settle(ann.client.send('bob', 'found'));
      assert.deepEqual(bob.heard, ['found']);
    });
  }

  it('costs no more than a PING while nothing is wrong', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    await scene.connect('ann');
    await scene.pass(5000);
    const { sent } = scene.network.counts;
    await scene.pass(60_000);
    const datagrams = scene.network.counts.sent - sent;
    assert.ok(datagrams >= 6 && datagrams <= 10, `${datagrams} datagrams`);
  });
});

describe('a large server', () => {
  it('delivers private messages between people it tells nobody of', async () => {
    const { scene, ann, eve } = await strangers('ann', 'bob', 'carl', 'dora', 'eve');
    assert.deepEqual([known(ann), known(eve)], [{ ann: true }, { eve: true }]);
    await scene.settle(ann.client.send('eve', 'hello'));
    await scene.settle(eve.client.send('ann', 'hello yourself'));
    assert.deepEqual([eve.heard, ann.heard], [['hello'], ['hello yourself']]);
    assert.deepEqual(known(ann), { ann: true, eve: true });
  });

  it('tells of a contact that goes and comes back', async () => {
    const { scene, ann, dora } = await strangers('ann', 'bob', 'carl', 'dora');
    await scene.settle(ann.client.send('dora', 'hello'));
    await scene.settle(dora.client.close());
    await scene.until(() => ann.client.directory.get('dora')?.online === false);
  });

  it('tells the members of a group of each other', async () => {
    const { scene, ann, bob } = await strangers('ann', 'bob', 'carl', 'dora');
    await scene.settle(ann.client.createGroup('hall'));
    for (const { client } of [ann, bob]) await scene.settle(client.joinGroup('hall'));
    await scene.until(() => ann.client.directory.has('bob'));
    assert.deepEqual(
      [known(ann), known(bob)],
      [
        { ann: true, bob: true },
        { bob: true, ann: true },
      ],
    );
  });

  it('tells a client that was away anew; it finds again whom it wrote to', async () => {
    const { scene, ann, dora } = await strangers('ann', 'bob', 'carl', 'dora');
    await scene.settle(ann.client.send('dora', 'one'));
    scene.network.cut(ann.host);
    await scene.until(() => ann.events.includes('disconnected'));
    assert.deepEqual(known(ann), { ann: true, dora: true });
    scene.network.mend(ann.host);
    await scene.until(() => ann.events.includes('reconnected'));
    await scene.pass(1000);
    assert.deepEqual(known(ann), { ann: true });
    await scene.settle(ann.client.send('dora', 'two'));
    assert.deepEqual(dora.heard, ['one', 'two']);
  });

  it('lists everybody, or those who are asked for', async () => {
    const { scene, ann } = await strangers('ann', 'Bob', 'bea', 'carl', 'dora');
    const list = async (...options: Parameters<typeof ann.client.listUsers>) =>
      (await scene.settle(ann.client.listUsers(...options))).map(({ name }) => name);
    assert.deepEqual(await list(), ['ann', 'bea', 'Bob', 'carl', 'dora']);
    assert.deepEqual(await list({ prefix: 'B' }), ['bea', 'Bob']);
    assert.deepEqual(await list({ limit: 2 }), ['ann', 'bea']);
    assert.deepEqual(await list({ prefix: 'x'.repeat(500) }), []);
    assert.deepEqual(known(ann), { ann: true });
  });

  it('lists the same from the directory while it is small', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann] = [await scene.connect('ann'), await scene.connect('Bob')];
    await scene.until(() => ann.client.directory.has('Bob'));
    const names = await scene.settle(ann.client.listUsers({ prefix: 'b' }));
    assert.deepEqual(
      names.map(({ name }) => name),
      ['Bob'],
    );
  });
});

describe('a client that says nothing', () => {
  it('is asked after thirty seconds, offline after a silence, and gone after forty-five', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.until(() => ann.client.directory.has('bob'));
    await scene.pass(1000);
    scene.network.crash(bob.host);
    const heardAt = scene.network.now;
    const links = (): number => (scene.server.snapshot() as HubSnapshot).links.length;
    await scene.pass(29_000);
    assert.equal(ann.client.directory.get('bob')?.online, true);
    await scene.until(() => ann.client.directory.get('bob')?.online === false);
    const offlineAfterMs = scene.network.now - heardAt;
    assert.ok(offlineAfterMs >= 39_000 && offlineAfterMs < 41_000, `${offlineAfterMs} ms`);
    assert.equal(links(), 2);
    await scene.until(() => links() === 1);
    const goneAfterMs = scene.network.now - heardAt;
    assert.ok(goneAfterMs >= 44_000 && goneAfterMs < 46_000, `${goneAfterMs} ms`);
  });
});
