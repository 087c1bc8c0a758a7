import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Directory, type DirectoryPage } from '../../../core/chat/directory.ts';
import { Mirror } from '../../../core/chat/mirror.ts';
import { serverCodec } from '../../../core/chat/wire.ts';

const key = (number: number): string => number.toString(16).padStart(64, '0');
const epoch = (number: number): Uint8Array => new Uint8Array(8).fill(number);

function at(port: number): { online: true; address: { host: string; port: number } } {
  return { online: true, address: { host: '192.0.2.1', port } };
}

function applyPage(mirror: Mirror, { payload }: DirectoryPage): readonly string[] {
  const delta = serverCodec.decode(payload);
  assert.ok(delta?.type === 'directoryDelta');
  return mirror.apply(delta).map(({ name, online }) => `${name} ${online ? 'on' : 'off'}`);
}

/** Reads all there is; returns what changed for the reader. */
function catchUp(mirror: Mirror, directory: Directory): readonly string[] {
  const changed: string[] = [];
  while (mirror.version < directory.version) {
    changed.push(...applyPage(mirror, directory.read(mirror.version)));
  }
  return changed;
}

function begin(mirror: Mirror, directory: Directory, boot = 1): readonly string[] {
  const welcome = {
    epoch: epoch(boot),
    directoryVersion: directory.version,
    wholeDirectory: true,
  };
  return mirror.begin(welcome).map(({ name, online }) => `${name} ${online ? 'on' : 'off'}`);
}

describe('Directory', () => {
  it('finds a name in whatever case it is spelt', () => {
    const directory = new Directory([{ name: 'Straße', identity: key(1) }]);
    assert.equal(directory.find('STRASSE')?.name, 'Straße');
    assert.equal(directory.find('gasse'), undefined);
  });

  it('binds a name once', () => {
    const directory = new Directory([]);
    directory.bind('ann', key(1));
    directory.bind('ANN', key(2));
    assert.equal(directory.find('ann')?.key, key(1));
    assert.equal(directory.size, 1);
  });

  it('publishes a first change at once and a crowd of changes four times a second', () => {
    const directory = new Directory([]);
    const published: number[] = [];
    for (let now = 0; now < 2000; now += 2) {
      directory.bind(`name${now}`, key(now));
      if (directory.publish(now)) published.push(now);
    }
    assert.deepEqual(published.slice(0, 8), [0, 2, 4, 6, 8, 10, 12, 14]);
    assert.deepEqual(published.slice(8), [250, 500, 750, 1000, 1250, 1500, 1750]);
  });

  it('says when changes that wait are due', () => {
    const directory = new Directory([]);
    for (let change = 0; change < 9; change++) {
      assert.equal(directory.pollTimeout(), undefined);
      directory.bind(`name${change}`, key(change));
      if (change < 8) assert.ok(directory.publish(1000));
    }
    assert.ok(!directory.publish(1000));
    assert.equal(directory.pollTimeout(), 1250);
    assert.ok(directory.publish(1250));
    assert.equal(directory.pollTimeout(), undefined);
  });

  it('takes a name with its first presence for one change', () => {
    const directory = new Directory([]);
    directory.bind('ann', key(1), { ...at(1), bot: true });
    directory.setPresence('ann', at(1));
    assert.equal(directory.version, 1);
    assert.equal(directory.find('ann')?.online, true);
  });

  it('says what has changed since a version, each name once', () => {
    const directory = new Directory([]);
    for (const name of ['Ann', 'Bob', 'Carl']) directory.bind(name, key(1));
    directory.setPresence('ann', at(1));
    assert.deepEqual([...directory.changedAfter(1)], ['bob', 'carl', 'ann']);
    assert.deepEqual([...directory.changedAfter(4)], []);
  });

  it('looks at so many names a page that a rare prefix has empty pages before its end', () => {
    const names = Array.from({ length: 20_001 }, (_, number) => `n${number}`);
    const directory = new Directory(names.map((name) => ({ name, identity: key(1) })));
    const { entries, next } = directory.page('N20000', 0);
    assert.deepEqual([entries.length, next], [0, 20_000]);
    const last = directory.page('N20000', next);
    assert.deepEqual([last.entries.map(({ name }) => name), last.next], [['n20000'], 0]);
    assert.deepEqual(directory.page('', 30_000), { entries: [], next: 0 });
  });

  it('takes what stays the same for no change', () => {
    const directory = new Directory([{ name: 'ann', identity: key(1) }]);
    directory.setPresence('ann', at(1));
    const { version } = directory;
    directory.setPresence('ann', at(1));
    directory.setPresence('nobody', at(1));
    assert.equal(directory.version, version);
  });

  it('encodes a page once for all who read at the same place', () => {
    const names = Array.from({ length: 450 }, (_, number) => `n${number}`);
    const directory = new Directory(names.map((name, number) => ({ name, identity: key(number) })));
    const first = directory.read(0);
    const last = directory.read(400);
    assert.equal(directory.read(0), first);
    directory.setPresence('n449', at(1));
    assert.equal(directory.read(0), first);
    assert.notEqual(directory.read(400), last);
    directory.setPresence('n3', at(1));
    assert.notEqual(directory.read(0), first);
  });
});

describe('Mirror', () => {
  it('shows the whole directory after pages, and is complete only then', () => {
    const bindings = Array.from({ length: 450 }, (_, number) => ({
      name: `n${number}`,
      identity: key(number),
    }));
    const directory = new Directory(bindings);
    const mirror = new Mirror();
    begin(mirror, directory);
    for (const complete of [false, false, false]) {
      assert.equal(mirror.isComplete, complete);
      applyPage(mirror, directory.read(mirror.version));
    }
    assert.ok(mirror.isComplete);
    assert.deepEqual([...mirror.entries.values()], directory.entries);
    assert.equal(mirror.find('N7')?.key, key(7));
  });

  it('tells of a change once, and of nothing that only flickered', () => {
    const directory = new Directory([{ name: 'ann', identity: key(1) }]);
    const mirror = new Mirror();
    begin(mirror, directory);
    assert.deepEqual(catchUp(mirror, directory), ['ann off']);
    directory.setPresence('ann', at(1));
    const page = directory.read(mirror.version);
    assert.deepEqual(applyPage(mirror, page), ['ann on']);
    assert.deepEqual(applyPage(mirror, page), []);
    directory.setPresence('ann', { online: false });
    directory.setPresence('ann', { online: true });
    assert.deepEqual(catchUp(mirror, directory), []);
  });

  it('goes on where it was on a new connection of the same boot', () => {
    const directory = new Directory([{ name: 'ann', identity: key(1) }]);
    const mirror = new Mirror();
    begin(mirror, directory);
    catchUp(mirror, directory);
    begin(mirror, directory);
    assert.ok(mirror.isComplete);
    assert.equal(mirror.entries.size, 1);
  });

  it('keeps its view through a new boot until the new one is complete', () => {
    const mirror = new Mirror();
    const before = new Directory([{ name: 'ann', identity: key(1) }]);
    before.bind('bob', key(2));
    before.setPresence('bob', at(2));
    begin(mirror, before);
    catchUp(mirror, before);
    const after = new Directory([{ name: 'ann', identity: key(1) }]);
    assert.deepEqual(begin(mirror, after, 2), []);
    assert.equal(mirror.find('bob')?.online, true);
    assert.deepEqual(catchUp(mirror, after), ['bob off']);
    assert.deepEqual([...mirror.entries.keys()], ['ann']);
    assert.equal(mirror.find('bob'), undefined);
  });

  it('shows the same as the directory after any changes, however they are paged and cached', () => {
    const person = fc.nat(300);
    const step = fc.oneof(
      fc.record({ type: fc.constant('bind' as const), person }),
      fc.record({
        type: fc.constant('set' as const),
        person,
        online: fc.boolean(),
        port: fc.nat(3),
      }),
      fc.record({ type: fc.constant('read' as const), reader: fc.nat(2) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 900, size: 'max' }), (steps) => {
        const directory = new Directory([]);
        const mirrors = [new Mirror(), new Mirror(), new Mirror()];
        for (const mirror of mirrors)
          mirror.begin({ epoch: epoch(1), directoryVersion: 0, wholeDirectory: true });
        for (const step of steps) {
          if (step.type === 'bind') directory.bind(`n${step.person}`, key(step.person));
          else if (step.type === 'set') {
            const { online, port } = step;
            directory.setPresence(`n${step.person}`, { ...at(port), online });
          } else {
            const mirror = mirrors[step.reader];
            if (mirror === undefined || mirror.version >= directory.version) continue;
            applyPage(mirror, directory.read(mirror.version));
          }
        }
        for (const mirror of mirrors) {
          catchUp(mirror, directory);
          assert.deepEqual(mirror.hash, directory.hash);
          const sorted = [...mirror.entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
          assert.deepEqual(
            sorted,
            directory.entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
          );
        }
      }),
      { numRuns: 50 },
    );
  });
});
