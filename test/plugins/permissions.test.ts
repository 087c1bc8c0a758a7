import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../../plugins/bridge.ts';
import { Granted } from '../../plugins/granted.ts';
import { perGroup, permissions, refusal } from '../../plugins/permissions.ts';

const said = { id: 1, text: 'hi', hops: 0, trace: 0, key: undefined };

const actions: readonly Action[] = [
  { type: 'sendGroup', group: 'lab', ...said },
  { type: 'sendPrivate', to: 'ann', ...said },
  { type: 'history', id: 1, group: 'lab', limit: 1, before: undefined, query: '' },
  { type: 'append', id: 1, line: 'hi' },
  { type: 'storageGet', id: 1, key: 'k' },
  { type: 'storageList', id: 1, prefix: '', after: undefined },
  { type: 'cancelTask', id: 1, job: 'j', key: 'k' },
];

test('whoever was granted nothing yet is refused everything that reaches out, forged or not', () => {
  for (const action of actions) {
    const refused = refusal(Granted.of([]), action);
    assert.equal(refused?.code, 'PERMISSION_DENIED', action.type);
    assert.equal(refusal(Granted.of(permissions), action), undefined);
  }
});

test('a permission for a group covers what is sent there, and nothing else', () => {
  const granted = Granted.parse(['message.send@Lab']);
  const codes = ['lab', 'LAB', 'ops', ''].map(
    (group) => refusal(granted, { type: 'sendGroup', group, ...said })?.code,
  );
  assert.deepEqual(codes, [undefined, undefined, 'PERMISSION_DENIED', 'PERMISSION_DENIED']);
});

test('what can be limited to groups is a permission', () => {
  assert.ok([...perGroup].every((permission) => permissions.some((known) => known === permission)));
});
