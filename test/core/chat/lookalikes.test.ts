import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Lookalikes } from '../../../core/chat/lookalikes.ts';
import { checkName } from '../../../core/chat/names.ts';
import { nothingStored } from '../../../core/chat/records.ts';
import { skeletonOf } from '../../../core/chat/skeleton.ts';
import { outcome, World } from './world.ts';

function looksLike(name: string, other: string): boolean {
  return new Lookalikes([other]).find(name) === other;
}

describe('a name', () => {
  const alike: readonly (readonly [string, string])[] = [
    ['scope', 'ѕсоре'],
    ['ace', 'асе'],
    ['ann', 'ΑΝΝ'],
    ['bob', 'b0b'],
    ['bob', 'BОВ'],
    ['iris', 'lRlS'],
    ['Ian', 'lan'],
    ['user1', 'userl'],
    ['ロ', '口'],
    ['エ', '工'],
  ];
  for (const [name, other] of alike) {
    it(`${other} looks like ${name}, whichever was first`, () => {
      assert.ok(looksLike(other, name));
      assert.ok(looksLike(name, other));
    });
  }

  const apart: readonly (readonly [string, string])[] = [
    ['modern', 'modem'],
    ['marnie', 'mamie'],
    ['ill', 'lll'],
    ['iris', 'lris'],
    ['cafe', 'café'],
    ['ann', 'änn'],
    ['bot1', 'bot2'],
    ['vv', 'w'],
    ['ann-1', 'ann_1'],
    ['коп', 'kon'],
  ];
  for (const [name, other] of apart) {
    it(`${other} does not look like ${name}`, () => {
      assert.ok(!looksLike(other, name));
      assert.ok(!looksLike(name, other));
    });
  }

  it('in another case is the same name, and looks like no other', () => {
    const names = fc.stringMatching(/^[a-zA-Z0-9._-]{1,12}$/);
    fc.assert(
      fc.property(names, (name) => {
        const known = new Lookalikes([name]);
        for (const same of [name, name.toLowerCase(), name.toUpperCase()]) {
          assert.equal(known.find(same), undefined);
        }
      }),
    );
  });

  it('of lower-case letters alone looks like no other such name', () => {
    const letters = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(letters, letters, (one, other) => {
        assert.ok(one === other || !looksLike(one, other));
      }),
    );
  });

  it('that was taken out is looked like no more, and another one with its skeleton still is', () => {
    const names = new Lookalikes(['bob', 'b0b']);
    names.add('bob');
    names.delete('bob');
    assert.equal(names.find('bOb'), 'b0b');
    names.delete('b0b');
    assert.equal(names.find('bOb'), undefined);
  });
});

describe('the skeleton', () => {
  // What later versions say otherwise.
  const changed = new Set(['ƒ', 'ӏ', 'ҋ', '০', '୦', '೦', 'ഐ']);

  it('finds every pair of the table that Unicode 13 had, as an npm package has it', () => {
    const path = new URL(import.meta.resolve('unhomoglyph/data.json'));
    const table: Readonly<Record<string, string>> = JSON.parse(readFileSync(path, 'utf8'));
    const pairs = Object.entries(table).filter(
      ([character]) =>
        checkName(character) === undefined &&
        character.normalize('NFD') === character &&
        !changed.has(character),
    );
    assert.ok(pairs.length > 1200, `only ${pairs.length} pairs`);
    for (const [character, prototype] of pairs) {
      // "m" is not taken for "rn": see test/unicode/generate.ts.
      const expected = skeletonOf(prototype.replaceAll('rn', 'm'));
      assert.equal(skeletonOf(character), expected, `${character} of ${prototype}`);
    }
  });

  it('is the same for canonically equivalent texts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        assert.equal(skeletonOf(text.normalize('NFC')), skeletonOf(text.normalize('NFD')));
      }),
    );
  });
});

describe('a claim of a name that looks like another', () => {
  it('is refused with the name it looks like', () => {
    const world = new World();
    world.join('Bob', 1);
    const eve = world.connect(2);
    const answer = eve.register('b0b');
    assert.equal(outcome(answer), 'NAME_CONFUSABLE');
    assert.match(answer?.type === 'refused' ? answer.detail : '', /"b0b" looks like "Bob"/);
    assert.deepEqual(world.names, { Bob: true });
    assert.equal(outcome(eve.register('eve')), 'welcome');
  });

  it('is refused while the other one is on its way to the store', () => {
    const world = new World();
    world.storesAtOnce = false;
    world.join('Bob', 1);
    const eve = world.connect(2);
    eve.register('b0b');
    world.store();
    assert.equal(outcome(eve.answer()), 'NAME_CONFUSABLE');
    assert.deepEqual(world.names, { Bob: true });
  });

  it('is refused if it looks like the server', () => {
    assert.equal(outcome(new World().connect(1).register('ѕегѵег')), 'NAME_CONFUSABLE');
  });

  it('is granted to whom the other name belongs', () => {
    const world = new World();
    world.join('Bob', 1);
    assert.equal(outcome(world.connect(1).register('b0b')), 'welcome');
  });

  it('is granted to who had it before there was this rule', () => {
    const names = [
      { name: 'Bob', identity: '01'.repeat(32) },
      { name: 'b0b', identity: '02'.repeat(32) },
    ];
    const world = new World({ stored: { ...nothingStored, names } });
    assert.equal(outcome(world.connect(2).register('b0b')), 'welcome');
  });
});

it('a group whose name looks like that of another is not created', () => {
  const world = new World();
  const ann = world.join('ann', 1);
  assert.equal(outcome(ann.ask({ type: 'createGroup', group: 'ops' })), 'done');
  assert.equal(outcome(ann.ask({ type: 'createGroup', group: '0ps' })), 'NAME_CONFUSABLE');
  assert.equal(outcome(ann.ask({ type: 'createGroup', group: 'ann' })), 'done');
});
