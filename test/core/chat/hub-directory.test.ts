import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DirectoryHash } from '../../../core/chat/entry.ts';
import { Mirror } from '../../../core/chat/mirror.ts';
import type { DirectoryEntry } from '../../../core/chat/types.ts';
import { outcome, type TestClient, type Told, World } from './world.ts';

/** What a client that has heard all this knows. */
function mirrorOf({ heard }: TestClient): Mirror {
  const mirror = new Mirror();
  for (const { message } of heard) {
    if (message.type === 'welcome') mirror.begin(message);
    if (message.type === 'directoryReset') mirror.reset(message);
    if (message.type === 'directoryDelta') mirror.apply(message);
    if (message.type === 'directoryEntries') mirror.learn(message.entries);
  }
  return mirror;
}

/** The names that a client knows, with what it knows of them; complete. */
function known(client: TestClient): readonly string[] {
  const mirror = mirrorOf(client);
  assert.ok(mirror.isComplete);
  return [...mirror.entries.values()].map(({ name, online }) => (online ? name : `(${name})`));
}

function answerOf<Type extends 'entry' | 'entryList' | 'welcome'>(
  client: TestClient,
  type: Type,
): Told<Type> {
  const answer = client.told(type).at(-1);
  assert.ok(answer !== undefined);
  return answer;
}

/** A world with so many names that nobody is told of all. */
function large(limits: { readonly contacts?: number } = {}): World {
  const world = new World({ limits: { directoryNames: 3, ...limits } });
  for (const [at, name] of ['ann', 'bob', 'carl', 'dora'].entries())
    world.join(name, at + 1).down();
  world.pass(10_000);
  return world;
}

describe('a newcomer', () => {
  it('is told of once', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    world.join('bob', 2);
    const told = ann.told('directoryDelta').map(({ entries }) => entries.map(({ name }) => name));
    assert.deepEqual(told, [['ann'], ['bob']]);
  });

  it('on an auxiliary connection is there, but not online', () => {
    const world = new World();
    const ann = world.join('ann', 1, { auxiliary: true });
    assert.deepEqual(known(ann), ['(ann)']);
  });
});

describe('a look-up', () => {
  it('finds who has just registered, in whatever case', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    const others = Array.from({ length: 10 }, (_, at) => world.join(`other${at}`, at + 2));
    assert.equal(others.length, 10);
    assert.equal(mirrorOf(ann).find('other9'), undefined);
    ann.ask({ type: 'lookUp', name: 'OTHER9' });
    const { entry } = answerOf(ann, 'entry');
    assert.deepEqual([entry.name, entry.online], ['other9', true]);
  });

  it('of a name that nobody has is refused', () => {
    const ann = new World().join('ann', 1);
    assert.equal(outcome(ann.ask({ type: 'lookUp', name: 'nobody' })), 'USER_UNKNOWN');
  });
});

describe('a list of names', () => {
  it('tells page by page those that begin alike, in whatever case', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    for (let at = 0; at < 250; at++) world.join(`Guest${at}`, 2).down();
    ann.ask({ type: 'listNames', prefix: 'guest', after: 0 });
    const first = answerOf(ann, 'entryList');
    ann.ask({ type: 'listNames', prefix: 'guest', after: first.next });
    const second = answerOf(ann, 'entryList');
    const names = [...first.entries, ...second.entries].map(({ name }) => name);
    assert.deepEqual([first.entries.length, second.entries.length, second.next], [200, 50, 0]);
    assert.deepEqual(
      names,
      Array.from({ length: 250 }, (_, at) => `Guest${at}`),
    );
  });
});

describe('a large directory', () => {
  it('tells a client of itself and the members of its groups', () => {
    const world = large();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    const carl = world.join('carl', 3);
    assert.equal(answerOf(ann, 'welcome').wholeDirectory, false);
    assert.deepEqual(known(ann), ['ann']);
    ann.ask({ type: 'createGroup', group: 'g' });
    for (const client of [ann, bob]) client.ask({ type: 'joinGroup', group: 'g' });
    assert.deepEqual(
      [known(ann), known(bob), known(carl)],
      [['ann', 'bob'], ['bob', 'ann'], ['carl']],
    );
    bob.down();
    assert.deepEqual([known(ann), known(carl)], [['ann', '(bob)'], ['carl']]);
  });

  it('tells a client that comes back of its groups at once', () => {
    const world = large();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    ann.ask({ type: 'createGroup', group: 'g' });
    for (const client of [ann, bob]) client.ask({ type: 'joinGroup', group: 'g' });
    bob.down();
    assert.deepEqual(known(world.join('bob', 2)), ['bob', 'ann']);
  });

  it('tells a client of changes of the names it has looked up', () => {
    const world = large();
    const ann = world.join('ann', 1);
    ann.ask({ type: 'lookUp', name: 'bob' });
    const bob = world.join('bob', 2);
    world.join('carl', 3);
    assert.deepEqual(known(ann), ['ann', 'bob']);
    bob.down();
    assert.deepEqual(known(ann), ['ann', '(bob)']);
  });

  it('tells no more of the name looked up longest ago beyond the bound', () => {
    const world = large({ contacts: 2 });
    const ann = world.join('ann', 1);
    for (const name of ['bob', 'carl', 'bob', 'dora']) ann.ask({ type: 'lookUp', name });
    for (const [at, name] of ['bob', 'carl', 'dora'].entries()) world.join(name, at + 2);
    assert.deepEqual(known(ann), ['ann', 'bob', 'dora']);
  });

  it('does not tell of a group that is larger than it tells', () => {
    const world = large();
    const names = ['ann', 'bob', 'carl', 'dora'];
    const clients = names.map((name, at) => world.join(name, at + 1));
    clients[0]?.ask({ type: 'createGroup', group: 'g' });
    for (const client of clients) client.ask({ type: 'joinGroup', group: 'g' });
    assert.deepEqual(clients.map(known).at(-1), ['dora']);
  });

  it('that grows beyond its bound narrows what everybody is told', () => {
    const world = new World({ limits: { directoryNames: 3 } });
    const clients = ['ann', 'bob', 'carl'].map((name, at) => world.join(name, at + 1));
    const [ann, bob] = clients as [TestClient, TestClient, TestClient];
    ann.ask({ type: 'createGroup', group: 'g' });
    for (const client of [ann, bob]) client.ask({ type: 'joinGroup', group: 'g' });
    assert.deepEqual(known(ann), ['ann', 'bob', 'carl']);
    const dora = world.join('dora', 4);
    world.pass(1000);
    assert.deepEqual([...clients, dora].map(known), [
      ['ann', 'bob'],
      ['ann', 'bob'],
      ['carl'],
      ['dora'],
    ]);
    bob.down();
    assert.deepEqual(known(ann), ['ann', '(bob)']);
  });

  it('still finds and lists everybody', () => {
    const ann = large().join('ann', 1);
    ann.ask({ type: 'lookUp', name: 'dora' });
    assert.equal(answerOf(ann, 'entry').entry.name, 'dora');
    ann.ask({ type: 'listNames', prefix: '', after: 0 });
    const { entries } = answerOf(ann, 'entryList');
    assert.deepEqual(
      entries.map(({ name }) => name),
      ['ann', 'bob', 'carl', 'dora'],
    );
  });
});

describe('a check of the directory', () => {
  const check = (client: TestClient, mirror: Mirror, spoilt: readonly DirectoryEntry[] = []) => {
    const hash = new DirectoryHash();
    for (const entry of [...mirror.entries.values(), ...spoilt]) hash.add(entry);
    client.tell({ type: 'directoryCheck', version: mirror.version, hash: hash.bytes });
  };
  const ghost: DirectoryEntry = {
    name: 'ghost',
    key: '00'.repeat(32),
    address: { host: '', port: 0 },
    online: true,
    bot: false,
  };

  it('of what is right is not answered', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    world.join('bob', 2);
    const before = ann.heard.length;
    check(ann, mirrorOf(ann));
    assert.equal(ann.heard.length, before);
  });

  it('of what is wrong brings everything anew, once in fifteen seconds', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    world.join('bob', 2);
    const resets = (): number => ann.told('directoryReset').length;
    check(ann, mirrorOf(ann), [ghost]);
    assert.equal(resets(), 1);
    assert.deepEqual(known(ann), ['ann', 'bob']);
    for (let second = 0; second < 14; second++) {
      world.pass(1000);
      check(ann, mirrorOf(ann), [ghost]);
    }
    assert.equal(resets(), 1);
    world.pass(1000);
    check(ann, mirrorOf(ann), [ghost]);
    assert.equal(resets(), 2);
  });

  it('at another version, or of a part, says nothing', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    ann.tell({ type: 'directoryCheck', version: 0, hash: new Uint8Array(8) });
    ann.tell({ type: 'directoryCheck', version: 2 ** 40, hash: new Uint8Array(8) });
    const bob = large().join('bob', 2);
    bob.tell({
      type: 'directoryCheck',
      version: bob.told('welcome')[0]?.directoryVersion ?? 0,
      hash: new Uint8Array(8),
    });
    assert.deepEqual([ann.told('directoryReset'), bob.told('directoryReset')], [[], []]);
  });

  it('before a registration changes nothing', () => {
    const world = new World();
    const stranger = world.connect(1);
    stranger.tell({ type: 'directoryCheck', version: 0, hash: new Uint8Array(8).fill(1) });
    assert.deepEqual(stranger.heard, []);
  });
});

describe('a link that moves', () => {
  const elsewhere = { host: '198.51.100.7', port: 7000 };

  it('is sought where it is now', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    world.hub.linkMoved(bob.number, elsewhere, world.now);
    world.carryOut();
    assert.deepEqual(mirrorOf(ann).find('bob')?.address, elsewhere);
  });

  it('leaves its old address to others and keeps its new one', () => {
    const world = new World();
    const ann = world.connect(1, 5500);
    ann.register('ann');
    world.hub.linkMoved(ann.number, elsewhere, world.now);
    world.carryOut();
    const bob = world.connect(2, 5500);
    assert.equal(outcome(bob.register('bob')), 'welcome');
    const carl = world.connect(3);
    world.hub.linkMoved(carl.number, elsewhere, world.now);
    carl.register('carl');
    ann.probed(true);
    assert.equal(outcome(carl.answer()), 'ADDRESS_TAKEN');
  });

  it('lets in who waited for its old address, and not who waited for its name', () => {
    const world = new World();
    const ann = world.connect(1, 5500);
    ann.register('ann');
    const bob = world.connect(2, 5500);
    bob.register('bob');
    const other = world.connect(1);
    other.register('ann');
    assert.deepEqual([bob.answer(), other.answer()], [undefined, undefined]);
    world.hub.linkMoved(ann.number, elsewhere, world.now);
    world.carryOut();
    assert.deepEqual([outcome(bob.answer()), outcome(other.answer())], ['welcome', 'NAME_PRESENT']);
  });

  it('without a name, or unknown, changes nothing', () => {
    const world = new World();
    const stranger = world.connect(1);
    const before = world.hub.snapshot();
    world.hub.linkMoved(stranger.number, elsewhere, world.now);
    world.hub.linkMoved(999, elsewhere, world.now);
    assert.deepEqual(world.hub.snapshot(), before);
  });
});
