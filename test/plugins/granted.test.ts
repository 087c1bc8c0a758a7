import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Granted } from '../../plugins/granted.ts';

test('a permission is granted everywhere, or in the groups that are named, however they are written', () => {
  const granted = Granted.parse(['storage', 'message.read@Ops', 'message.read@lab']);
  assert.deepEqual(
    [
      granted.allows('storage'),
      granted.allows('message.read', 'ops'),
      granted.allows('message.read', 'LAB'),
      granted.allows('message.read', 'other'),
      granted.allows('message.read'),
      granted.allows('message.send', 'ops'),
    ],
    [true, true, true, false, true, false],
  );
  assert.deepEqual(granted.notation, ['message.read@Ops', 'message.read@lab', 'storage']);
  assert.deepEqual(Granted.parse(['message.read', 'message.read@ops']).notation, ['message.read']);
  assert.deepEqual(Granted.parse(['message.read@ops', 'message.read@OPS']).notation, [
    'message.read@OPS',
  ]);
});

test('groups limit only what they can limit', () => {
  const granted = Granted.of(['message.send', 'storage'], ['ops']);
  assert.deepEqual(granted.notation, ['message.send@ops', 'storage']);
  assert.deepEqual(granted.missing(['message.read', 'message.send', 'storage']), ['message.read']);
});

test('grants are joined, narrowed and taken apart by permission', () => {
  const first = Granted.parse(['message.read@ops', 'storage']);
  const second = Granted.parse(['message.read@lab', 'message.send']);
  assert.deepEqual(first.with(second).notation, ['message.read@lab', 'message.send', 'storage']);
  assert.deepEqual(first.only(['storage', 'schedule']).notation, ['storage']);
  assert.deepEqual(first.without(['storage']).notation, ['message.read@ops']);
});

for (const [text, problem] of [
  ['everything', /there is no permission "everything"; there are message\.read, /],
  [
    'storage@ops',
    /"storage" cannot be limited to a group; message\.read, message\.send, message\.change, history\.read, group\.moderate can/,
  ],
  ['message.read@', /"message\.read@": the name of the group is empty/],
  ['message.read@a b', /the name of the group holds something other/],
  ['', /there is no permission ""/],
] as const) {
  test(`"${text}" is no grant`, () => {
    assert.throws(() => Granted.parse([text]), { code: 'OPTION_INVALID', message: problem });
  });
}

test('a permission is limited to at most 100 groups', () => {
  const groups = Array.from({ length: 101 }, (_, index) => `message.read@g${index}`);
  assert.equal(Granted.parse(groups.slice(0, 100)).notation.length, 100);
  assert.throws(() => Granted.parse(groups), /limited to more than 100 groups/);
});
