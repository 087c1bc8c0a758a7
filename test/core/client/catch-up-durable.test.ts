/** Catching up from a database on the disk, over real sockets (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryHome } from '../../support/home.ts';
import { Cable, told, World } from './world.ts';

describe('a server with a database', () => {
  it('gives a member that was away all that it missed, over a restart of both, once and in order', async (t) => {
    const { path } = temporaryHome(t);
    const options = {
      dataDir: join(path, 'server'),
      limits: { logMessages: 8, requestBurst: 10_000 },
    };
    const world = await World.start(t, options);
    const cable = new Cable();
    const dataDir = join(path, 'bob');
    const ann = await world.join('Ann', { dataDir: join(path, 'ann') });
    const bob = await world.join('Bob', { dataDir, environment: cable.environment });
    await ann.createGroup('Dev');
    for (const client of [ann, bob]) await client.joinGroup('Dev');
    const before = told(bob, 'groupMessageReceived');
    await ann.sendGroup('Dev', 'message 1');
    await before.count(1);
    // As if its process had died: it says nothing any more, and hears nothing.
    cable.cut();
    await Promise.all(
      Array.from({ length: 499 }, (_, at) => ann.sendGroup('Dev', `message ${at + 2}`)),
    );
    await world.restart(options);
    const again = await world.join('Bob', { dataDir });
    const [messages, gaps] = [told(again, 'groupMessageReceived'), told(again, 'gapFound')];
    await messages.until((heard) => heard.at(-1)?.seq === 500);
    const seqs = messages.values.map(({ seq }) => seq);
    // What was not confirmed yet when the cable was cut comes again.
    const from = seqs[0] ?? 0;
    assert.ok(from <= 2, `${from}`);
    assert.deepEqual(
      seqs,
      Array.from({ length: 501 - from }, (_, at) => from + at),
    );
    assert.ok(messages.values.every(({ text, seq }) => text === `message ${seq}`));
    assert.ok(messages.values.every(({ recovered }) => recovered));
    assert.deepEqual(gaps.values, []);
    assert.deepEqual((await again.history('Dev', { limit: 1000 })).length, 500);
  });
});
