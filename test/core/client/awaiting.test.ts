/** Who awaits an answer finds out soon that nobody is left to give it (docs/PROTOCOL.md §6, Silence). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../../../core/client/client.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { type Person, Scene, serverHost, serverPort } from '../../sim/scene.ts';
import { begin, crash } from './story.ts';

/** A second until it asks, up to two until the second try to come back, and the ways. Milliseconds. */
const soonMs = 3500;

/** The same where packets are lost. */
const lossySoonMs = 6000;

/** A header, one byte, a tag. */
const pingPacketBytes = 30;

const storeSeed = new Uint8Array(32).fill(5);

function isData(datagram: Uint8Array): boolean {
  return ((datagram[0] ?? 0) & 0x40) !== 0;
}

/**
 * Whatever the next datagram from `from` asks of a host, the host takes and acknowledges it, and crashes before an
 * answer has left it.
 * @param counts whether it is not of an earlier connection
 */
async function takeAndCrash(
  scene: Scene,
  host: string,
  from: string,
  counts: () => boolean = () => true,
): Promise<void> {
  const { network } = scene;
  const { crashed } = network.counts;
  let takenAt = Number.POSITIVE_INFINITY;
  const endWatch = network.watchArrivals((datagram, sender, to) => {
    if (to.host !== host || sender.host !== from || !isData(datagram) || !counts()) return;
    if (takenAt === Number.POSITIVE_INFINITY) {
      takenAt = network.now;
      network.cut(host, 'out');
    } else if (network.now > takenAt + 20) {
      // The sender asks for an ACK once more, which is all it gets.
      network.mend(host);
      network.crashAfterSends(host, 1);
    }
  });
  await scene.until(() => network.counts.crashed > crashed);
  endWatch();
}

/** How many PINGs with nothing beside them somebody sends in a time. */
async function pingsIn(scene: Scene, { host }: Person, ms: number): Promise<number> {
  let count = 0;
  const endWatch = scene.network.watch((datagram, from) => {
    if (from.host === host && isData(datagram) && datagram.length === pingPacketBytes) count++;
  });
  await scene.pass(ms);
  endWatch();
  return count;
}

describe('a client whose server has crashed', () => {
  it('after it took the registration is back within seconds of its return', async () => {
    const scene = new Scene();
    const store = new MemoryStore(storeSeed);
    await scene.serve({ store });
    const ann = await scene.connect('ann');
    const listing = ann.client.listGroups();
    scene.network.crash(serverHost);
    await scene.serve({ store });
    await takeAndCrash(scene, serverHost, ann.host, () => scene.server.stats.connections > 0);
    await scene.serve({ store });
    const tookMs = await scene.until(() => ann.events.includes('reconnected'));
    assert.ok(tookMs < soonMs, `${tookMs} ms`);
    assert.deepEqual(ann.events, ['disconnected', 'reconnected']);
    assert.deepEqual(await scene.settle(listing), []);
  });

  it('again, at any instant of its coming back, is back within seconds all the same', async () => {
    for (let seed = 1; seed <= 80; seed++) {
      const scene = new Scene({ delayMs: 10, jitterMs: 20, loss: 0.1 }, seed);
      const store = new MemoryStore(storeSeed);
      await scene.serve({ store });
      const { client } = await scene.connect('ann');
      const listing = client.listGroups();
      scene.network.crash(serverHost);
      await scene.serve({ store });
      await scene.until(() => scene.server.stats.connections > 0);
      await scene.pass(seed * 4);
      scene.network.crash(serverHost);
      await scene.serve({ store });
      const servedAt = scene.network.now;
      await scene.settle(Promise.all([listing, client.listGroups()]));
      const tookMs = scene.network.now - servedAt;
      assert.ok(tookMs < lossySoonMs, `${tookMs} ms of seed ${seed}`);
    }
  });

  it('after it took a request gets the answer within seconds of its return', async () => {
    const { scene, disk, people } = await begin('ann');
    const [ann] = people as [Person];
    disk.isStuck = true;
    const sending = ann.client.sendGroup('hall', 'hello');
    await scene.pass(300);
    crash(scene, disk);
    disk.isStuck = false;
    await scene.serve({ store: disk.open() });
    const servedAt = scene.network.now;
    assert.equal((await scene.settle(sending)).seq, 1);
    assert.ok(scene.network.now - servedAt < soonMs, `${scene.network.now - servedAt} ms`);
  });

  it('after it told of a part of the directory hears the rest within seconds of its return', async () => {
    const scene = new Scene();
    const store = new MemoryStore(storeSeed);
    const names = Array.from({ length: 400 }, (_, at) => `name${at}`);
    store.write(names.map((name) => ({ type: 'nameBound', name, identity: 'ab'.repeat(32) })));
    await scene.serve({ store });
    const environment = scene.network.host('10.0.2.1');
    const server = `${serverHost}:${serverPort}`;
    const connecting = Client.connect({ name: 'ann', server, environment });
    await scene.until(() => scene.server.stats.online === 1);
    scene.network.crashAfterSends(serverHost, 2);
    await scene.until(() => scene.network.counts.crashed === 1);
    await scene.pass(100);
    await scene.serve({ store });
    const servedAt = scene.network.now;
    const client = await scene.settle(connecting);
    assert.ok(scene.network.now - servedAt < soonMs, `${scene.network.now - servedAt} ms`);
    assert.equal(client.directory.size, names.length + 1);
  });

  it('for good says so as soon as its patience with what it asked has ended', async () => {
    const { scene, disk, people } = await begin('ann');
    const [ann] = people as [Person];
    disk.isStuck = true;
    const sending = ann.client.createGroup('yard').catch(({ code }) => code);
    await scene.pass(300);
    crash(scene, disk);
    const askedAt = scene.network.now;
    assert.equal(await scene.settle(sending), 'CONNECTION_LOST');
    const tookMs = scene.network.now - askedAt;
    assert.ok(tookMs > 10_000 && tookMs < 11_000, `${tookMs} ms`);
  });
});

describe('a client whose server takes its time', () => {
  it('asks for a sign of life once a second, and no more once it has its answer', async () => {
    const { scene, disk, people } = await begin('ann');
    const [ann] = people as [Person];
    disk.isStuck = true;
    const creating = ann.client.createGroup('yard');
    await scene.pass(300);
    const pings = await pingsIn(scene, ann, 20_000);
    assert.ok(pings >= 15 && pings <= 20, `${pings}`);
    disk.isStuck = false;
    await scene.settle(creating);
    assert.equal(await pingsIn(scene, ann, 12_000), 0);
    assert.deepEqual(ann.events, []);
  });

  it('asks no more once it does not want the answer any longer', async () => {
    const { scene, disk, people } = await begin('ann');
    const [ann] = people as [Person];
    disk.isStuck = true;
    const { signal, abort } = controllerOf();
    const sending = ann.client.sendGroup('hall', 'hello', { signal }).catch(({ code }) => code);
    await scene.pass(3000);
    abort();
    assert.equal(await scene.settle(sending), 'ABORTED');
    assert.equal(await pingsIn(scene, ann, 12_000), 0);
  });
});

describe('a client whose peer has crashed', () => {
  it('after it took a private message is unreachable as soon as it counts as silent', async () => {
    const scene = new Scene({ delayMs: 10, jitterMs: 20 });
    await scene.serve();
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.until(() => ann.client.directory.has('bob'));
    await scene.settle(ann.client.send('bob', 'one'));
    // Until they have found the direct way.
    await scene.pass(1000);
    const sending = ann.client.send('bob', 'two', { store: false }).catch(({ code }) => code);
    await takeAndCrash(scene, bob.host, ann.host);
    const crashedAt = scene.network.now;
    assert.equal(await scene.settle(sending), 'PEER_UNREACHABLE');
    const tookMs = scene.network.now - crashedAt;
    assert.ok(tookMs > 5000 && tookMs < 6500, `${tookMs} ms`);
  });
});

function controllerOf(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
