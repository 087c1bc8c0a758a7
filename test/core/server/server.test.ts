import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { ServerFact } from '../../../core/chat/facts.ts';
import type { StoreChange } from '../../../core/chat/records.ts';
import { BanterError } from '../../../core/errors.ts';
import { Server } from '../../../core/server/server.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import type { Store } from '../../../core/store/store.ts';
import { temporaryHome } from '../../support/home.ts';
import { Random } from '../../support/random.ts';
import { storeAround } from '../../support/store-around.ts';
import { Cable, codeOf, told, World } from '../client/world.ts';

function typesOf(facts: readonly ServerFact[]): readonly string[] {
  return facts.map(({ type }) => type);
}

describe('a server', () => {
  it('tells what happens, in the order in which it happens', async (t) => {
    const world = await World.start(t);
    const facts = told(world.server, 'fact');
    const ann = await world.join('Ann');
    await ann.createGroup('dev');
    await ann.joinGroup('dev');
    await ann.sendGroup('dev', 'hello');
    await ann.close();
    const happened = typesOf(facts.values).filter((type) => !type.endsWith('Changed'));
    assert.deepEqual(happened, [
      'clientRegistered',
      'groupCreated',
      'groupJoined',
      'groupMessageSent',
      'groupLeft',
      'clientDeregistered',
    ]);
  });

  it('has the identity of its folder, and a new one without a folder', async (t) => {
    const dataDir = join(temporaryHome(t).path, 'server');
    const fingerprints: string[] = [];
    for (const options of [{ dataDir }, { dataDir }, {}, {}]) {
      await using server = await Server.start({ host: '127.0.0.1', port: 0, ...options });
      fingerprints.push(server.fingerprint);
    }
    assert.equal(fingerprints[0], fingerprints[1]);
    assert.equal(new Set(fingerprints).size, 3);
  });

  it('does not start on a port in use, with a policy out of bounds, two stores or a damaged folder', async (t) => {
    const { path } = temporaryHome(t);
    const world = await World.start(t);
    const { host, port } = world.server.address;
    assert.equal(await codeOf(Server.start({ host, port })), 'PORT_IN_USE');
    const policy = { groupsPerClient: 0 };
    assert.equal(await codeOf(Server.start({ host, port: 0, policy })), 'OPTION_INVALID');
    const admission = { addressConnections: 0 };
    assert.equal(await codeOf(Server.start({ host, port: 0, admission })), 'OPTION_INVALID');
    assert.equal(await codeOf(Server.start({ host, port: 70_000 })), 'OPTION_INVALID');
    const store = new MemoryStore(new Uint8Array(32));
    const both = { host, port: 0, store, dataDir: path };
    assert.equal(await codeOf(Server.start(both)), 'OPTION_INVALID');
    writeFileSync(join(path, 'server-key'), 'damaged');
    assert.equal(await codeOf(Server.start({ host, port: 0, dataDir: path })), 'DATA_UNUSABLE');
    assert.equal(existsSync(join(path, 'lock')), false);
  });

  it('says that it shuts down, once, however often it is closed', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann', { silenceMs: 200 });
    const gone = told(ann, 'disconnected');
    await Promise.all([world.server.close(), world.server.close()]);
    await world.server.close();
    assert.deepEqual(await gone.count(1), ['the server is shutting down']);
  });

  it('ends though its store does not answer, and says so', async (t) => {
    const never = new Promise<never>(() => {});
    const asked = Promise.withResolvers<void>();
    const inner = new MemoryStore(new Uint8Array(32));
    const write = inner.write.bind(inner);
    let isStuck = false;
    const store: Store = Object.assign(inner, {
      write: (changes: readonly StoreChange[]) => {
        if (!isStuck) return write(changes);
        asked.resolve();
        return never;
      },
      close: () => never,
    });
    const world = await World.start(t, { store, drainMs: 50 });
    const ann = await world.join('Ann');
    const gone = told(ann, 'disconnected');
    isStuck = true;
    const creating = codeOf(ann.createGroup('dev'));
    await asked.promise;
    assert.equal(await world.server.close(), false);
    assert.deepEqual(await gone.count(1), ['the server is shutting down']);
    await ann.close();
    assert.equal(await creating, 'CONNECTION_LOST');
  });

  it('counts what it cannot use, and remembers nothing of it', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann');
    const before = world.server.snapshot();
    const socket = createSocket('udp4');
    t.after(() => new Promise<void>((resolve) => socket.close(() => resolve())));
    const random = new Random(1);
    const { host, port } = world.server.address;
    for (let at = 0; at < 500; at++) {
      const datagram = Buffer.from(random.bytes(random.below(at % 10 === 0 ? 1300 : 60)));
      await new Promise((resolve) => socket.send(datagram, port, host, resolve));
    }
    await ann.listGroups();
    assert.deepEqual(world.server.snapshot(), before);
    const dropped = [...world.server.drops.values()].reduce((sum, count) => sum + count, 0);
    assert.ok(dropped > 400, `${dropped} dropped`);
  });

  it('closes rather than tell what it could not keep', async (t) => {
    const gone = new BanterError('DATA_UNUSABLE', 'the disk is gone');
    const store = storeAround(new MemoryStore(new Uint8Array(32)), {
      write: () => Promise.reject(gone),
    });
    const world = await World.start(t, { store });
    const failed = once(world.server, 'failed');
    const refused = codeOf(world.join('Ann', { silenceMs: 500 }));
    const [error] = await failed;
    assert.equal(error.code, 'DATA_UNUSABLE');
    assert.equal(await refused, 'SERVER_UNREACHABLE');
  });

  it('leaves its folder to the next one when it cannot start', async (t) => {
    const dataDir = join(temporaryHome(t).path, 'server');
    const policy = { groupsPerClient: 0 };
    const refused = Server.start({ host: '127.0.0.1', port: 0, dataDir, policy });
    assert.equal(await codeOf(refused), 'OPTION_INVALID');
    assert.equal(existsSync(join(dataDir, 'lock')), false);
  });

  it('lets in as many connections as it may, and another when one has gone', async (t) => {
    const world = await World.start(t, { limits: { links: 2 } });
    const ann = await world.join('Ann');
    await world.join('Bob');
    assert.equal(await codeOf(world.join('Carol')), 'SERVER_FULL');
    await ann.close();
    const dave = await world.join('Dave');
    assert.ok(dave.connected);
  });

  it('lets in as many connections of one address as it may', async (t) => {
    const world = await World.start(t, { admission: { addressConnections: 1 } });
    await world.join('Ann');
    assert.equal(await codeOf(world.join('Bob', { silenceMs: 300 })), 'SERVER_UNREACHABLE');
    assert.ok((world.server.drops.get('addressFull') ?? 0) > 0);
  });

  it('removes a member that does not answer, if that is its policy, and says why', async (t) => {
    const policy = { removeUnresponsive: true, silenceMs: 300 };
    const world = await World.start(t, { policy });
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const cable = new Cable();
    const bob = await world.join('Bob', { environment: cable.environment, silenceMs: 300 });
    await bob.joinGroup('dev');
    const left = told(ann, 'memberLeft');
    cable.cut();
    await ann.sendGroup('dev', 'still there?');
    assert.deepEqual(await left.count(1), [{ group: 'dev', name: 'Bob', reason: 'unresponsive' }]);
    assert.deepEqual(await ann.listMembers('dev'), ['Ann']);
  });

  it('looks for itself when somebody is said not to answer', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann');
    const cable = new Cable();
    await world.join('Bob', { environment: cable.environment, silenceMs: 300 });
    const facts = told(world.server, 'fact');
    await ann.reportUnanswered('Bob');
    await ann.listGroups();
    cable.cut();
    await ann.reportUnanswered('Bob');
    await facts.until((values) => typesOf(values).includes('clientLost'));
    const lost = facts.values.filter(({ type }) => type === 'clientLost');
    assert.deepEqual(lost, [{ type: 'clientLost', name: 'Bob' }]);
  });
});
