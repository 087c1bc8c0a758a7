import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseActions } from '../../plugins/bridge.ts';
import { parseReport } from '../../plugins/host-bridge.ts';
import { ShapeError } from '../../plugins/shape.ts';

const actions = [
  { type: 'described', manifest: '{}' },
  {
    type: 'command',
    name: 'roll',
    aliases: ['r'],
    description: '',
    args: [
      {
        name: 'sides',
        type: 'integer',
        description: '',
        optional: true,
        choices: ['6'],
        min: 2,
        max: 100,
      },
    ],
    example: '',
    permission: 'everyone',
  },
  { type: 'metric', name: 'n', kind: 'histogram', help: '', labels: ['who'], buckets: [1, 2.5] },
  {
    type: 'measured',
    changes: [{ metric: 0, labels: ['x'], value: 1.5, counts: [1, 0, 0] }],
    dropped: 1,
  },
  { type: 'ready' },
  { type: 'failed', name: 'Error', message: '', stack: '' },
  { type: 'error', during: 'setup', name: 'Error', message: '', stack: '' },
  { type: 'sendGroup', id: 1, group: 'lab', text: 'hi', hops: 0, trace: 0, key: 'a' },
  { type: 'sendPrivate', id: 1, to: 'bob', text: 'hi', hops: 8, trace: 9, key: 'a' },
  { type: 'append', id: 1, line: '' },
  { type: 'storageGet', id: 1, key: 'a' },
  { type: 'storageSet', id: 1, key: 'a', value: '1', version: 0 },
  { type: 'storageDelete', id: 1, key: 'a' },
  { type: 'storageList', id: 1, prefix: '', after: 'a' },
  { type: 'scheduleJob', id: 1, job: 'a', spec: { type: 'every', everyMs: 1000 }, missed: 'once' },
  { type: 'scheduleTask', id: 1, job: 'a', key: 'k', atMs: 0, data: '' },
  { type: 'cancelTask', id: 1, job: 'a', key: 'k' },
  { type: 'ran', run: 1 },
  { type: 'unfinished', messages: [1, 2] },
  { type: 'handled', messages: [1] },
  { type: 'standing', id: 1, group: 'lab', name: 'bob' },
  { type: 'arrival', id: 1, mid: '0'.repeat(32) },
  { type: 'history', id: 1, group: 'lab', limit: 1, before: 1, query: '' },
  { type: 'wait', id: 1, ms: 1000 },
  { type: 'waited', wait: 1 },
  { type: 'log', level: 'info', text: '' },
  { type: 'overflowed', count: 1 },
];

/** Fields that need not be there. */
const mayLack: readonly string[] = [
  'sendGroup.key',
  'sendPrivate.key',
  'history.before',
  'storageSet.version',
  'storageList.after',
  'scheduleTask.key',
];

test('reads every action as it was written', () => {
  assert.deepEqual(parseActions([JSON.stringify(actions)]), actions);
});

test('refuses an action that lacks a field, has one too many, or has one of another type', () => {
  for (const action of actions) {
    for (const key of Object.keys(action)) {
      if (!mayLack.includes(`${action.type}.${key}`)) {
        const lacking = JSON.stringify([{ ...action, [key]: undefined }]);
        assert.throws(() => parseActions([lacking]), ShapeError);
      }
      assert.throws(() => parseActions([JSON.stringify([{ ...action, [key]: {} }])]), ShapeError);
    }
    assert.throws(() => parseActions([JSON.stringify([{ ...action, more: 1 }])]), ShapeError);
  }
});

const forged: readonly string[] = [
  '',
  'null',
  '{}',
  '[null]',
  '[[]]',
  '[{"type":"exec"}]',
  '[{"type":"constructor"}]',
  '[{"__proto__":{"type":"ready"}}]',
  '[{"type":"sendGroup","id":-1,"group":"lab","text":"x","hops":0,"trace":0}]',
  '[{"type":"sendGroup","id":1,"group":"lab","text":"x","hops":-1,"trace":0}]',
  '[{"type":"sendGroup","id":1e999,"group":"lab","text":"x","hops":0,"trace":0}]',
  '[{"type":"sendGroup","id":1,"group":"lab","text":"x","hops":0,"trace":0,"key":""}]',
  '[{"type":"sendGroup","id":1,"group":"lab","text":"x","hops":0,"trace":0,"key":"a\\nb"}]',
  '[{"type":"arrival","id":1,"mid":"x"}]',
  '[{"type":"history","id":1,"group":"lab","limit":201,"query":""}]',
  '[{"type":"storageGet","id":1,"key":""}]',
  '[{"type":"storageGet","id":1,"key":"\\ud800"}]',
  JSON.stringify([{ type: 'storageGet', id: 1, key: 'k'.repeat(201) }]),
  '[{"type":"storageSet","id":1,"key":"a","value":{}}]',
  '[{"type":"storageSet","id":1,"key":"a","value":"1","version":-1}]',
  '[{"type":"scheduleJob","id":1,"job":"a","spec":{"type":"every","everyMs":1},"missed":"once"}]',
  '[{"type":"scheduleJob","id":1,"job":"a","spec":{"type":"cron","expression":{}},"missed":"once"}]',
  '[{"type":"scheduleJob","id":1,"job":"a","spec":{"type":"task"},"missed":"never"}]',
  '[{"type":"scheduleJob","id":1,"job":"a\\nb","spec":{"type":"task"},"missed":"once"}]',
  '[{"type":"scheduleTask","id":1,"job":"a","key":"","atMs":0,"data":""}]',
  '[{"type":"scheduleTask","id":1,"job":"a","key":"k","atMs":8640000000000001,"data":""}]',
  '[{"type":"ran","run":0}]',
  '[{"type":"command","name":"a b","aliases":[],"description":"","args":[],"example":"","permission":"everyone"}]',
  '[{"type":"command","name":"a","aliases":[],"description":"","args":[{"name":"__proto__"}],"example":"","permission":"everyone"}]',
  '[{"type":"command","name":"a","aliases":[],"description":"","args":[],"example":"","permission":"root"}]',
  '[{"type":"wait","id":1,"ms":3600001}]',
  '[{"type":"waited","wait":0}]',
  JSON.stringify(Array(300).fill({ type: 'ready' })),
];

for (const source of forged) {
  test(`refuses the forged outbox ${source.slice(0, 60)}`, () => {
    assert.throws(() => parseActions([source]), ShapeError);
  });
}

test('whatever an isolate writes is read as actions or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (source) => {
      try {
        assert.ok(Array.isArray(parseActions([source])));
      } catch (error) {
        assert.ok(error instanceof ShapeError);
      }
    }),
  );
});

test('whatever the child sends is read as a report or refused', () => {
  assert.deepEqual(parseReport({ type: 'turned', slot: 1, actions: ['[]'] }), {
    type: 'turned',
    slot: 1,
    actions: ['[]'],
  });
  for (const nonsense of [
    undefined,
    null,
    'up',
    {},
    { type: 'up', more: 1 },
    { type: 'ended', slot: 1, reason: 'x' },
    { type: 'used', slot: 1, cpuMs: -1 },
    { type: 'used', slot: 0, cpuMs: 1 },
  ]) {
    assert.throws(() => parseReport(nonsense), ShapeError);
  }
  fc.assert(
    fc.property(fc.anything(), (message) => {
      try {
        parseReport(message);
      } catch (error) {
        assert.ok(error instanceof ShapeError);
      }
    }),
  );
});
