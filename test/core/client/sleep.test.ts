/** What a sleep beyond every time-out costs a client (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { Scene } from '../../sim/scene.ts';
import { messagesOf, numbered, talk } from './story.ts';

describe('a client that was asleep for minutes', () => {
  it('hears in order and once what it missed, as recovered, and sends what it was given meanwhile', async () => {
    const scene = new Scene();
    await scene.serve();
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    const heard = messagesOf(bob);
    await scene.settle(ann.client.sendGroup('hall', 'before'));
    await scene.until(() => bob.heard.length === 1);
    scene.network.pause(bob.host);
    await scene.pass(120_000);
    const texts = numbered(50);
    await scene.settle(talk(scene, ann, texts));
    const sending = bob.client.sendGroup('hall', 'good night');
    await scene.pass(120_000);
    scene.network.resume(bob.host);
    assert.equal((await scene.settle(sending)).seq, 52);
    await scene.until(() => bob.heard.length === 51);
    await scene.settle(ann.client.sendGroup('hall', 'good morning'));
    await scene.until(() => bob.heard.length === 52);
    assert.deepEqual(bob.heard, ['before', ...texts, 'good morning']);
    assert.deepEqual(
      heard.map(({ recovered }) => recovered),
      [false, ...texts.map(() => true), false],
    );
    assert.deepEqual(bob.events, ['disconnected', 'reconnected']);
    await scene.until(() => ann.heard.length === 1);
    assert.deepEqual(ann.heard, ['good night']);
  });

  it('has not used up its patience with a server that went away before', async () => {
    const scene = new Scene();
    const store = new MemoryStore(new Uint8Array(32));
    await scene.serve({ store });
    const ann = await scene.connect('ann');
    await scene.gather('hall', [ann]);
    await scene.settle(scene.server.close());
    await scene.until(() => ann.events.includes('disconnected'));
    const sending = ann.client.sendGroup('hall', 'patience');
    scene.network.pause(ann.host);
    await scene.serve({ store });
    await scene.pass(300_000);
    scene.network.resume(ann.host);
    assert.equal((await scene.settle(sending)).seq, 1);
  });
});
