import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { BanterError } from '../../../core/errors.ts';
import { fingerprintOf, parseServerAddress } from '../../../core/net/address.ts';
import { PeerPins, ServerPin } from '../../../core/store/client-files.ts';
import { temporaryHome } from '../../support/home.ts';
import { codeOf, told, World } from './world.ts';

function pinOf(dataDir: string, world: World): ServerPin {
  return new ServerPin(dataDir, parseServerAddress(world.address).name);
}

describe('a server', () => {
  it('whose key has changed since first contact is refused', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const ann = await world.join('Ann', { dataDir });
    await ann.close();
    const pinned = world.server.fingerprint;
    await world.restart();
    assert.notEqual(world.server.fingerprint, pinned);
    assert.equal(
      await codeOf(world.join('Ann', { dataDir, silenceMs: 300 })),
      'SERVER_KEY_CHANGED',
    );
    assert.equal(fingerprintOf(pinOf(dataDir, world).read() ?? assert.fail()), pinned);
  });

  it('whose key changes while a client is away loses that client for good', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann', { silenceMs: 300 });
    const closed = once(ann, 'closed');
    await world.restart();
    const [error] = (await closed) as [BanterError];
    assert.equal(error.code, 'SERVER_KEY_CHANGED');
    assert.equal(error.data['fingerprint'], world.server.fingerprint);
  });

  it('is reached under its fingerprint, and under no other', async (t) => {
    const world = await World.start(t);
    const server = `${world.address}#${world.server.fingerprint}`;
    const ann = await world.join('Ann', { server });
    assert.ok(ann.connected);
    const other = `${world.address}#${fingerprintOf(new Uint8Array(32).fill(1))}`;
    const refused = world.join('Bob', { server: other, silenceMs: 300 });
    assert.equal(await codeOf(refused), 'SERVER_KEY_CHANGED');
  });

  it('is not pinned where its key was handed over', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    await world.join('Ann', { dataDir, serverKey: world.server.key });
    assert.equal(pinOf(dataDir, world).read(), undefined);
  });

  it('is not asked with a damaged pin', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    pinOf(dataDir, world).write('damaged');
    assert.equal(await codeOf(world.join('Ann', { dataDir })), 'DATA_UNUSABLE');
  });

  it('is not used where its key cannot be kept', async (t) => {
    const { path } = temporaryHome(t);
    const dataDir = join(path, 'file');
    writeFileSync(dataDir, 'a file where the folder should be');
    const world = await World.start(t);
    assert.equal(await codeOf(world.join('Ann', { dataDir })), 'DATA_UNUSABLE');
  });
});

describe('a peer', () => {
  it('whose key is not the pinned one is neither written to nor heard', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const ann = await world.join('Ann', { dataDir });
    const serverFolder = parseServerAddress(world.address).name.replace(':', '%3A');
    const key = '1'.repeat(64);
    await ann.close();
    new PeerPins(join(dataDir, 'servers', serverFolder, 'ann', 'peers.json')).pin('Bob', key);
    const again = await world.join('Ann', { dataDir });
    const heard = told(again, 'messageReceived');
    const changes = told(again, 'directoryChanged');
    const bob = await world.join('Bob', { silenceMs: 200 });
    await changes.until(() => again.directory.get('Bob')?.online === true);
    assert.equal(await codeOf(again.send('Bob', 'hello')), 'PEER_KEY_CHANGED');
    assert.equal(await codeOf(bob.send('Ann', 'hello')), 'PEER_UNREACHABLE');
    assert.deepEqual(heard.values, []);
  });
});
