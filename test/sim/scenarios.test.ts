/** Stories in virtual time, each about one misfortune. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { describe, type TestContext } from 'node:test';
import { SodiumCrypto } from '../../core/net/sodium.ts';
import { decodeHello, encodeRetry } from '../../core/protocol/handshake.ts';
import { NamesStore } from '../support/names-store.ts';
import { outlastLog } from './outlast-log.ts';
import { outcomes, type Person, Scene, serverHost } from './scene.ts';

const talkative = { policy: { privateInGroup: true, silenceMs: 2500 } };

describe('a lossy network', () => {
  test('lets everybody in though a third of the handshakes’ datagrams are lost', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const scene = new Scene({ loss: 0.33, delayMs: 10 }, seed);
      await scene.serve();
      const { client } = await scene.connect('ann');
      assert.ok(client.connected);
    }
  });

  test('carries the longest message whole through a third of loss', async () => {
    const scene = new Scene({ delayMs: 20 });
    await scene.serve();
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    scene.network.setFaults({ loss: 0.33, reordering: 0.2, duplication: 0.1, delayMs: 20 });
    const text = Array.from({ length: 6000 }, (_, at) => String(at).padStart(10, '.')).join('');
    await scene.settle(ann.client.sendGroup('hall', text));
    await scene.until(() => bob.heard.length > 0);
    assert.deepEqual(bob.heard, [text]);
  });
});

describe('a client that is cut off', () => {
  test('says so, comes back by itself, and hears in order what it missed, as recovered', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    const recovered: boolean[] = [];
    bob.client.on('groupMessageReceived', (message) => recovered.push(message.recovered));
    scene.network.cut(bob.host);
    const lost = outcomes([bob.client.sendGroup('hall', 'into the dark')]);
    for (const text of ['one', 'two', 'three']) {
      await scene.settle(ann.client.sendGroup('hall', text));
    }
    assert.deepEqual(await scene.settle(lost), ['OUTCOME_UNKNOWN']);
    assert.deepEqual(bob.events, ['disconnected']);
    await scene.pass(20_000);
    scene.network.mend(bob.host);
    await scene.until(() => bob.events.includes('reconnected'));
    await scene.settle(ann.client.sendGroup('hall', 'four'));
    await scene.until(() => bob.heard.length === 4);
    assert.deepEqual(bob.heard, ['one', 'two', 'three', 'four']);
    assert.deepEqual(recovered, [true, true, true, false]);
    assert.deepEqual(ann.heard, []);
  });

  test('keeps what is sent meanwhile, and it is committed once when the server is back', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    scene.network.cut(bob.host);
    const lost = outcomes([bob.client.sendGroup('hall', 'into the dark')]);
    await scene.settle(lost);
    const kept = bob.client.sendGroup('hall', 'patient');
    scene.network.mend(bob.host);
    await scene.settle(kept);
    await scene.pass(5000);
    assert.deepEqual(ann.heard, ['patient']);
  });

  test('comes back although somebody forged another key of the server meanwhile', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const ann = await scene.connect('ann');
    scene.network.cut(serverHost, 'out');
    await scene.until(() => ann.events.includes('disconnected'));
    const { publicKey } = new SodiumCrypto().identity(new Uint8Array(32).fill(7));
    const stopForging = scene.network.watch((datagram, from, to) => {
      const hello = decodeHello(datagram);
      if (hello === undefined) return;
      const { nonce, versions } = hello;
      const cookie = new Uint8Array(20);
      const retry = encodeRetry({ nonce, version: 1, versions, cookie, identity: publicKey });
      scene.network.inject(retry, to, from);
    });
    await scene.pass(6000);
    stopForging();
    scene.network.mend(serverHost);
    await scene.until(() => ann.client.connected);
    assert.deepEqual(ann.events, ['disconnected', 'reconnected']);
  });

  test('is told of a gap when the group has outlasted its log meanwhile', async () => {
    const { gaps, missing } = await outlastLog();
    assert.equal(gaps.length, 1);
    assert.ok(missing > 0);
    assert.equal(gaps[0], missing);
  });
});

describe('a member whose process dies', () => {
  test('is told by its next one what it missed, from the first listener on', async (t) => {
    const scene = new Scene();
    await scene.serve(talkative);
    const dataDir = temporaryFolder(t);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob', { dataDir })];
    await scene.gather('hall', [ann, bob]);
    await scene.settle(ann.client.sendGroup('hall', 'before'));
    await scene.until(() => bob.heard.length === 1);
    await scene.pass(1000);
    scene.network.crash(bob.host);
    for (const text of ['one', 'two', 'three']) {
      await scene.settle(ann.client.sendGroup('hall', text));
    }
    const next = await scene.connect('bob', { dataDir }, bob.host);
    await scene.until(() => next.heard.length === 3);
    await scene.pass(1000);
    assert.deepEqual(bob.heard, ['before']);
    assert.deepEqual(next.heard, ['one', 'two', 'three']);
  });
});

describe('a server that restarts', () => {
  test('has forgotten its groups and says so; what was under way is committed at most once', async () => {
    const scene = new Scene({ delayMs: 10, jitterMs: 20 });
    const names = new NamesStore();
    await scene.serve({ ...talkative, store: names.open() });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    const texts = Array.from({ length: 40 }, (_, at) => `message ${at}`);
    const codes = outcomes(
      texts.map(async (text, at) => {
        await spaced(scene, at * 2);
        return ann.client.sendGroup('hall', text);
      }),
    );
    await scene.pass(55);
    scene.network.crash(serverHost);
    await scene.serve({ ...talkative, store: names.open() });
    const settled = await scene.settle(codes);
    const acknowledged = texts.filter((_, at) => settled[at] === undefined);
    await scene.until(() => [ann, bob].every(({ events }) => events.includes('reconnected')));
    assert.ok(acknowledged.length > 0 && acknowledged.length < texts.length);
    assert.ok(settled.includes('OUTCOME_UNKNOWN'));
    for (const code of settled) {
      assert.ok([undefined, 'OUTCOME_UNKNOWN', 'NOT_MEMBER'].includes(code), code);
    }
    assert.equal(new Set(bob.heard).size, bob.heard.length);
    for (const { events, client } of [ann, bob]) {
      assert.ok(events.includes('groupLost: hall forgotten'));
      assert.deepEqual(client.groups, []);
    }
  });

  test('with another key is refused by who was connected and by who has it pinned', async () => {
    const scene = new Scene();
    const { key } = await scene.serve(talkative);
    const ann = await scene.connect('ann');
    scene.network.crash(serverHost);
    await scene.serve(talkative);
    await scene.until(() => ann.events.includes('closed: SERVER_KEY_CHANGED'));
    await assert.rejects(scene.connect('bob', { serverKey: key }), { code: 'SERVER_KEY_CHANGED' });
  });
});

describe('a member that leaves and joins again in one breath', () => {
  test('is in the group for itself as for the server, and hears what is said from then on', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    await scene.settle(Promise.all([bob.client.leaveGroup('hall'), bob.client.joinGroup('hall')]));
    await scene.settle(ann.client.sendGroup('hall', 'still there?'));
    await scene.until(() => bob.heard.length === 1);
    assert.deepEqual(bob.client.groups, ['hall']);
  });
});

describe('a slow member', () => {
  test('that reads nothing for half a minute slows nobody, and then hears everything', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const people: Person[] = [];
    for (const name of ['ann', 'bob', 'sloth']) people.push(await scene.connect(name));
    await scene.gather('hall', people);
    const [ann, bob, sloth] = people as [Person, Person, Person];
    scene.network.pause(sloth.host);
    const texts = Array.from({ length: 150 }, (_, at) => `${at} ${'.'.repeat(1000)}`);
    for (const [at, text] of texts.entries()) {
      const tookMs = await heardAfter(scene, ann, bob, text);
      assert.ok(tookMs <= 100, `message ${at} took ${tookMs} ms`);
      await scene.pass(200);
    }
    assert.deepEqual(bob.heard, texts);
    assert.deepEqual(sloth.heard, []);
    scene.network.resume(sloth.host);
    await scene.until(() => sloth.heard.length === texts.length);
    assert.deepEqual(sloth.heard, texts);
  });
});

describe('private messages', () => {
  test('cross each other without loss when both sides begin at the same instant', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const scene = new Scene({ delayMs: 20, loss: seed % 2 === 0 ? 0.2 : 0 }, seed);
      await scene.serve(talkative);
      const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
      await scene.until(() => ann.client.directory.has('bob'));
      const texts = Array.from({ length: 10 }, (_, at) => `whisper ${at}`);
      const sends = outcomes([
        ...texts.map((text) => ann.client.send('bob', text)),
        ...texts.map((text) => bob.client.send('ann', text)),
      ]);
      assert.deepEqual(new Set(await scene.settle(sends)), new Set([undefined]));
      assert.deepEqual([ann.heard, bob.heard], [texts, texts]);
    }
  });

  test('arrive while the server is down, to a peer never written to before', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.until(() => ann.client.directory.has('bob'));
    scene.network.crash(serverHost);
    await scene.pass(10_000);
    await scene.settle(ann.client.send('bob', 'still here'));
    assert.deepEqual(bob.heard, ['still here']);
  });

  test('are not handed to whoever answers at the peer’s address with another key', async () => {
    const scene = new Scene();
    await scene.serve(talkative);
    const ann = await scene.connect('ann');
    const bob = await scene.connect('bob', { localPort: 7000 });
    await scene.until(() => ann.client.directory.has('bob'));
    scene.network.crash(bob.host);
    const stranger = await scene.connect('stranger', { localPort: 7000 }, bob.host);
    const sent = ann.client.send('bob', 'for bob alone', { store: false });
    await assert.rejects(scene.settle(sent), { code: 'PEER_UNREACHABLE' });
    const { type } = await scene.settle(ann.client.send('bob', 'for bob when he is back'));
    assert.equal(type, 'stored');
    assert.deepEqual(stranger.heard, []);
  });

  test('under a name that the server now gives to another key are refused, sent and received', async () => {
    const scene = new Scene();
    const names = new NamesStore();
    await scene.serve({ ...talkative, store: names.open() });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.until(() => ann.client.directory.has('bob'));
    await scene.settle(ann.client.send('bob', 'hello'));
    scene.network.crash(serverHost);
    scene.network.crash(bob.host);
    // A server that betrays: it keeps its key and forgets whom names belong to.
    names.forget();
    await scene.serve({ ...talkative, store: names.open() });
    await scene.until(() => ann.events.includes('reconnected'));
    const impostor = await scene.connect('bob');
    await scene.pass(1000);
    await assert.rejects(scene.settle(ann.client.send('bob', 'secret')), {
      code: 'PEER_KEY_CHANGED',
    });
    assert.deepEqual(await scene.settle(outcomes([impostor.client.send('ann', 'believe me')])), [
      'PEER_UNREACHABLE',
    ]);
    assert.deepEqual([ann.heard, impostor.heard], [[], []]);
  });
});

/** Sends and measures how long it took to be heard. Milliseconds. */
async function heardAfter(scene: Scene, from: Person, to: Person, text: string): Promise<number> {
  void from.client.sendGroup('hall', text);
  return scene.until(() => to.heard.at(-1) === text);
}

/** Resolves after some virtual time. */
function spaced(scene: Scene, ms: number): Promise<void> {
  return new Promise((resolve) => {
    scene.network.host('10.0.9.9').setTimer(resolve, ms);
  });
}

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'banter-scene-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
