import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeArguments, readArguments } from '../../../plugins/inside/arguments.ts';
import type { Argument } from '../../../plugins/sdk.ts';

const all: readonly Argument[] = [
  { name: 'word', type: 'string' },
  { name: 'count', type: 'integer', min: 1, max: 10 },
  { name: 'ratio', type: 'number', default: 0.5 },
  { name: 'loud', type: 'boolean', default: false },
  { name: 'colour', type: 'choice', choices: ['Red', 'green'], optional: true },
  { name: 'who', type: 'user', optional: true },
  { name: 'where', type: 'group', optional: true },
  { name: 'text', type: 'rest', optional: true },
];

const read = (written: string, definitions: readonly Argument[] = all): unknown => {
  const result = readArguments(definitions, written);
  return result.type === 'read' ? { ...result.values } : result.problem;
};

const missing = {
  ratio: 0.5,
  loud: false,
  colour: undefined,
  who: undefined,
  where: undefined,
  text: undefined,
};

test('reads each argument as its type, and what is left out as its default', () => {
  assert.deepEqual(read('tea 3'), { word: 'tea', count: 3, ...missing });
  assert.deepEqual(read('tea 3 .25 YES red @bob #lab  as  it "is" '), {
    word: 'tea',
    count: 3,
    ratio: 0.25,
    loud: true,
    colour: 'Red',
    who: 'bob',
    where: 'lab',
    text: 'as  it "is"',
  });
});

test('takes what stands in quotes for one word, those of telephones included', () => {
  for (const [written, word] of [
    ['"two words" 1', 'two words'],
    [String.raw`"a \"b\" \\ c" 1`, String.raw`a "b" \ c`],
    ['“zwei Worte” 1', 'zwei Worte'],
    ['"" 1', ''],
    [`it's 1`, `it's`],
    ['in"side 1', 'in"side'],
  ] as const) {
    assert.deepEqual(read(written), { word, count: 1, ...missing }, written);
  }
});

const wrong: readonly (readonly [written: string, problem: string])[] = [
  ['', 'word is missing.'],
  ['tea', 'count is missing.'],
  ['tea x', 'count must be a whole number from 1 to 10, not "x".'],
  ['tea 11', 'count must be a whole number from 1 to 10, not "11".'],
  ['tea 1.5', 'count must be a whole number from 1 to 10, not "1.5".'],
  ['tea 1e1', 'count must be a whole number from 1 to 10, not "1e1".'],
  ['tea 0x5', 'count must be a whole number from 1 to 10, not "0x5".'],
  ['tea 1 much', 'ratio must be a number, not "much".'],
  ['tea 1 1 maybe', 'loud must be yes or no, not "maybe".'],
  ['tea 1 1 no blue', 'colour must be one of Red, green, not "blue".'],
  ['tea 1 1 no red a/b', 'who must be a name, not "a/b".'],
  ['"tea 1', '""tea 1" begins with a quote that does not end.'],
  ['"tea"1', '""tea"1" begins with a quote that does not end.'],
];

for (const [written, problem] of wrong) {
  test(`says what is wrong with ${JSON.stringify(written)}`, () => {
    assert.equal(read(written), problem);
  });
}

test('says what is too much, and too long', () => {
  assert.equal(read('tea', []), '"tea" is too much.');
  assert.equal(
    read('four', [{ name: 'word', type: 'string', max: 3 }]),
    'word must have at most 3 characters, not 4.',
  );
});

test('whatever people write is read or named wrong, and never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (written) => {
      assert.ok(['string', 'object'].includes(typeof read(written)));
    }),
  );
});

test('a line of a million characters is read in no time', () => {
  const started = process.cpuUsage();
  for (const piece of ['"', '\\', '" ', '"\\', ' ']) read(`"${piece.repeat(500_000)}`);
  const { user } = process.cpuUsage(started);
  assert.ok(user < 1_000_000, `${user} µs`);
});

const mistakes: readonly (readonly [definitions: readonly unknown[], message: RegExp])[] = [
  [[{ name: 'a b', type: 'string' }], /argument "a b" must have a name/],
  [[{ name: '__proto__', type: 'string' }], /must have a name/],
  [[{ name: 'a', type: 'date' }], /"a" has no type that there is/],
  [[{ name: 'a', type: 'constructor' }], /"a" has no type that there is/],
  [
    [
      { name: 'a', type: 'string' },
      { name: 'a', type: 'string' },
    ],
    /is there twice/,
  ],
  [
    [
      { name: 'a', type: 'rest' },
      { name: 'b', type: 'string' },
    ],
    /"b" follows one of type "rest"/,
  ],
  [
    [
      { name: 'a', type: 'string', optional: true },
      { name: 'b', type: 'string' },
    ],
    /"b" must be optional/,
  ],
  [[{ name: 'a', type: 'integer', max: 3, default: 4 }], /has a default that must be a whole/],
  [[{ name: 'a', type: 'choice', choices: [] }], /has 0 choices, not 1 to 32/],
  [[{ name: 'a', type: 'choice', choices: ['a b'] }], /has a choice that is not one word/],
  [Array.from({ length: 17 }, (_, at) => ({ name: `a${at}`, type: 'string' })), /more than 16/],
];

for (const [definitions, message] of mistakes) {
  test(`an author is told: ${message.source}`, () => {
    // What an author writes without types.
    const given = definitions as readonly Argument[];
    assert.throws(() => describeArguments('roll', given), { name: 'TypeError', message });
  });
}
