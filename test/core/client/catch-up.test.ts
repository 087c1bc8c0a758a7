/** Members that come back, or read slowly, after more was said than the server has in memory (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { BanterError, type GroupMessage } from '../../../core/index.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { Scene, serverHost } from '../../sim/scene.ts';
import { storeAround } from '../../support/store-around.ts';
import { messagesOf, numbered, talk } from './story.ts';

const seed = new Uint8Array(32).fill(1);

/** Eight messages of a group stay in memory; the store keeps as many as told. */
async function begin(logMessages = 4096) {
  const scene = new Scene({ delayMs: 10 });
  const store = new MemoryStore(seed, { logMessages });
  const options = {
    store,
    limits: { logMessages: 8, requestBurst: 1000 },
    policy: { silenceMs: 2500 },
  };
  await scene.serve(options);
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  return { scene, options, ann, bob, received: messagesOf(bob) };
}

function flagsOf(messages: readonly GroupMessage[]): readonly boolean[] {
  return messages.map(({ recovered }) => recovered);
}

describe('a member that was away', () => {
  it('gets all that it missed once and in order, marked as recovered, and then the news', async () => {
    const { scene, ann, bob, received } = await begin();
    await scene.settle(talk(scene, ann, ['before']));
    await scene.until(() => bob.heard.length === 1);
    scene.network.cut(bob.host);
    await scene.settle(talk(scene, ann, numbered(300)));
    await scene.until(() => bob.events.includes('disconnected'));
    scene.network.mend(bob.host);
    await scene.until(() => bob.heard.length > 1);
    const talking = talk(scene, ann, ['news']);
    await scene.until(() => bob.heard.length === 302);
    await scene.settle(talking);
    assert.deepEqual(bob.heard, ['before', ...numbered(300), 'news']);
    assert.deepEqual(flagsOf(received), [false, ...numbered(300).map(() => true), false]);
    assert.deepEqual(bob.events, ['disconnected', 'reconnected']);
  });

  it('gets it from a server that was started anew meanwhile', async () => {
    const { scene, options, ann, bob, received } = await begin();
    scene.network.cut(bob.host);
    await scene.settle(talk(scene, ann, numbered(100)));
    scene.network.crash(serverHost);
    await scene.serve(options);
    scene.network.mend(bob.host);
    await scene.until(() => bob.heard.length === 100);
    assert.deepEqual(bob.heard, numbered(100));
    assert.ok(flagsOf(received).every((recovered) => recovered));
  });

  it('is told again what it was still handling when it came back, should its process be killed then, and else not', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'banter-catch-up-'));
    t.after(() => rmSync(dataDir, { recursive: true }));
    const { scene, ann, bob: other } = await begin();
    await scene.settle(other.client.close());
    const bob = await scene.connect('bot', { dataDir });
    await scene.settle(bob.client.joinGroup('hall'));
    let release = (): void => undefined;
    bob.client.on('groupMessageReceived', (message) => {
      if (message.text === 'held') release = bob.client.cursors.hold(message);
    });
    const comeBack = async (): Promise<void> => {
      const { length } = bob.events;
      scene.network.cut(bob.host);
      await scene.until(() => bob.events.length > length);
      scene.network.mend(bob.host);
      await scene.until(() => bob.events.at(-1) === 'reconnected');
      await scene.pass(1000);
    };
    await scene.settle(talk(scene, ann, ['handled', 'held', 'after']));
    await scene.until(() => bob.heard.length === 3);
    await comeBack();
    await scene.settle(talk(scene, ann, ['news']));
    await scene.until(() => bob.heard.length === 4);
    await comeBack();
    assert.deepEqual(bob.heard, ['handled', 'held', 'after', 'news']);
    scene.network.crash(bob.host);

    const next = await scene.connect('bot', { dataDir, takeOver: true });
    const received = messagesOf(next);
    await scene.until(() => next.heard.length === 3);
    assert.deepEqual(next.heard, ['held', 'after', 'news']);
    assert.deepEqual(flagsOf(received), [true, true, true]);
    release();
  });

  it('has handled what it handled while it was away', async (t) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'banter-catch-up-'));
    t.after(() => rmSync(dataDir, { recursive: true }));
    const { scene, ann } = await begin();
    const bot = await scene.connect('bot', { dataDir });
    await scene.settle(bot.client.joinGroup('hall'));
    const held: (() => void)[] = [];
    bot.client.on('groupMessageReceived', (message) => held.push(bot.client.cursors.hold(message)));
    await scene.settle(talk(scene, ann, ['one', 'two']));
    await scene.until(() => held.length === 2);
    scene.network.cut(bot.host);
    await scene.until(() => bot.events.includes('disconnected'));
    for (const release of held) release();
    scene.network.mend(bot.host);
    await scene.until(() => bot.events.includes('reconnected'));
    await scene.pass(1000);
    scene.network.crash(bot.host);
    const next = await scene.connect('bot', { dataDir, takeOver: true });
    await scene.settle(talk(scene, ann, ['three']));
    await scene.until(() => next.heard.length > 0);
    assert.deepEqual(next.heard, ['three']);
  });

  it('hears of no gap in what it has been told already', async () => {
    const { scene, ann, bob } = await begin(40);
    const held: (() => void)[] = [];
    bob.client.on('groupMessageReceived', (message) => {
      held.push(bob.client.cursors.hold(message));
    });
    await scene.settle(talk(scene, ann, ['held', 'too']));
    await scene.until(() => bob.heard.length === 2);
    scene.network.cut(bob.host);
    await scene.settle(talk(scene, ann, numbered(100)));
    await scene.until(() => bob.events.includes('disconnected'));
    scene.network.mend(bob.host);
    await scene.until(() => bob.heard.length === 42);
    assert.deepEqual(bob.events, ['disconnected', 'reconnected', 'gapFound: hall 60']);
  });

  it('is told exactly how much retention has taken', async () => {
    const { scene, ann, bob } = await begin(40);
    scene.network.cut(bob.host);
    await scene.settle(talk(scene, ann, numbered(100)));
    await scene.until(() => bob.events.includes('disconnected'));
    scene.network.mend(bob.host);
    await scene.until(() => bob.heard.length === 40);
    assert.deepEqual(bob.heard, numbered(100).slice(60));
    assert.deepEqual(bob.events, ['disconnected', 'reconnected', 'gapFound: hall 60']);
  });
});

describe('a member that is there and slower than its group', () => {
  it('meets no gap: it reads on from the store, and nothing of it is recovered', async () => {
    const { scene, ann, bob, received } = await begin();
    scene.network.cut(bob.host);
    const talking = talk(scene, ann, numbered(100));
    await scene.pass(1000);
    scene.network.mend(bob.host);
    await scene.settle(talking);
    await scene.until(() => bob.heard.length === 100);
    assert.deepEqual(bob.heard, numbered(100));
    assert.ok(flagsOf(received).every((recovered) => !recovered));
    assert.deepEqual(bob.events, []);
  });
});

describe('a server whose store cannot read', () => {
  it('says so, goes on, and gives the member what it missed once it can', async () => {
    const scene = new Scene({ delayMs: 10 });
    const memory = new MemoryStore(seed);
    let isBroken = true;
    const broken = new BanterError('DATA_UNUSABLE', 'the disk does not answer');
    const store = storeAround(memory, {
      read: (query) => (isBroken ? Promise.reject(broken) : memory.read(query)),
    });
    await scene.serve({
      store,
      limits: { logMessages: 8, requestBurst: 1000 },
      policy: { silenceMs: 2500 },
    });
    const failures: unknown[] = [];
    scene.server.on('readFailed', (error) => failures.push(error));
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    scene.network.cut(bob.host);
    await scene.settle(talk(scene, ann, numbered(50)));
    await scene.until(() => bob.events.includes('disconnected'));
    scene.network.mend(bob.host);
    await scene.until(() => failures.length >= 3);
    assert.deepEqual([failures[0], bob.heard], [broken, []]);
    isBroken = false;
    await scene.until(() => bob.heard.length === 50);
    assert.deepEqual(bob.heard, numbered(50));
  });
});
