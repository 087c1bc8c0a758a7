/** Ten thousand bad datagrams of every kind, at a server and at a client: all are accounted for, and nobody notices. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { attacks } from './attacks.ts';
import { besiege, type Target } from './siege.ts';

const targets: readonly Target[] = ['server', 'client'];

for (const target of targets) {
  const quiet = await besiege(target);

  describe(`a ${target} under attack`, () => {
    test('has something to lose', () => {
      assert.deepEqual([quiet.shots, quiet.dropped, quiet.answered], [0, 0, 0]);
      for (const told of quiet.told) assert.ok(told.length > 100);
    });

    for (const attack of attacks) {
      test(`counts or answers in kind ${attack.name}, and the chat goes on as if nothing were`, async () => {
        const { shots, dropped, answered, snapshot, told } = await besiege(target, attack);
        assert.equal(dropped + answered, shots);
        assert.deepEqual(told, quiet.told);
        assert.deepEqual(snapshot, quiet.snapshot);
      });
    }
  });
}
