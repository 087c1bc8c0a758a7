import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { clientCodec, serverCodec } from '../../../core/chat/wire.ts';
import { Client } from '../../../core/client/client.ts';
import { errorCodeFromWire } from '../../../core/errors.ts';
import { Driver } from '../../../core/net/driver.ts';
import { SodiumCrypto, systemRandom } from '../../../core/net/sodium.ts';
import { systemEnvironment } from '../../../core/net/system.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import { freePort } from '../../support/free-port.ts';
import { temporaryHome } from '../../support/home.ts';
import { Cable, codeOf, told, World } from './world.ts';

describe('a registration', () => {
  it('makes a name known with its key and address, and its end makes it offline', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann');
    const changes = told(ann, 'directoryChanged');
    const bob = await world.join('Bob', { bot: true });
    const isBob = (online: boolean) => () => ann.directory.get('Bob')?.online === online;
    await changes.until(isBob(true));
    const entry = ann.directory.get('Bob');
    assert.deepEqual(entry?.address, { host: '127.0.0.1', port: bob.localPort });
    assert.equal(entry?.bot, true);
    assert.match(entry?.key ?? '', /^[0-9a-f]{64}$/);
    assert.deepEqual([...bob.directory.keys()], ['Ann', 'Bob']);
    assert.equal(await bob.close(), true);
    await changes.until(isBob(false));
    assert.equal(ann.directory.get('Bob')?.key, entry?.key);
  });

  it('tells the policy and the fingerprint of the server', async (t) => {
    const world = await World.start(t, { policy: { groupsPerClient: 7, silenceMs: 1234 } });
    const ann = await world.join('Ann');
    assert.equal(ann.policy.groupsPerClient, 7);
    assert.equal(ann.policy.silenceMs, 1234);
    assert.equal(ann.serverFingerprint, world.server.fingerprint);
    assert.ok(ann.connected);
  });

  it('binds a name to its key over a restart of the server, in whatever case it is spelt', async (t) => {
    const { path } = temporaryHome(t);
    const dataDir = `${path}/server`;
    const world = await World.start(t, { dataDir });
    const ann = await world.join('Ann', { dataDir: `${path}/ann` });
    await ann.close();
    await world.restart({ dataDir });
    assert.equal(await codeOf(world.join('Ann')), 'NAME_TAKEN');
    assert.equal(await codeOf(world.join('ANN', { dataDir: `${path}/other` })), 'NAME_TAKEN');
    const again = await world.join('aNN', { dataDir: `${path}/ann` });
    assert.equal(again.name, 'Ann');
  });

  it('is refused with a name that is none, before anything is sent', async () => {
    const server = `127.0.0.1:${await freePort()}`;
    for (const name of ['', 'server', 'two words', 'x'.repeat(33), 'a\u202eb']) {
      assert.equal(await codeOf(Client.connect({ name, server })), 'NAME_INVALID', name);
    }
  });

  it('is refused while another process of the same identity answers, unless it takes over', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const first = await world.join('Ann', { dataDir });
    const closed = once(first, 'closed');
    assert.equal(await codeOf(world.join('Ann', { dataDir })), 'NAME_PRESENT');
    assert.ok(first.connected);
    const second = await world.join('Ann', { dataDir, takeOver: true });
    const [error] = await closed;
    assert.equal(error?.code, 'NAME_PRESENT');
    assert.ok(second.connected);
    assert.equal(await codeOf(first.listGroups()), 'CLOSED');
  });

  it('succeeds a second after the other process of the same identity has died', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const cable = new Cable();
    const first = await world.join('Ann', {
      dataDir,
      environment: cable.environment,
      // Long enough for a busy machine to answer in, before it is cut off.
      silenceMs: 1000,
    });
    const cut = once(first, 'disconnected');
    cable.cut();
    const second = await world.join('Ann', { dataDir });
    assert.ok(second.connected);
    first.listGroups().catch(() => {});
    await cut;
  });

  it('does not reach a server that is not there, and says so', async () => {
    const server = `127.0.0.1:${await freePort()}`;
    const refused = Client.connect({ name: 'Ann', server, silenceMs: 200 });
    assert.equal(await codeOf(refused), 'SERVER_UNREACHABLE');
  });

  it('can be cancelled, before it begins and while it is under way', async () => {
    const server = `127.0.0.1:${await freePort()}`;
    const aborted = Client.connect({ name: 'Ann', server, signal: AbortSignal.abort() });
    assert.equal(await codeOf(aborted), 'ABORTED');
    const controller = new AbortController();
    const connecting = Client.connect({ name: 'Ann', server, signal: controller.signal });
    setImmediate(() => controller.abort());
    assert.equal(await codeOf(connecting), 'ABORTED');
  });

  it('fails on a local port that is taken, and frees what it opened', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann');
    assert.equal(await codeOf(world.join('Bob', { localPort: ann.localPort })), 'PORT_IN_USE');
    const bob = await world.join('Bob', { localPort: await freePort() });
    assert.ok(bob.connected);
  });

  it('ends once, however often it is closed', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann');
    const ends = told(ann, 'closed');
    const [first, second] = await Promise.all([ann.close(), ann.close()]);
    assert.deepEqual([first, second, await ann.close()], [true, true, true]);
    assert.deepEqual(ends.values, [undefined]);
    await ann[Symbol.asyncDispose]();
    assert.equal(await codeOf(ann.createGroup('dev')), 'CLOSED');
    assert.equal(await codeOf(ann.send('Ann', 'hello')), 'CLOSED');
    assert.equal(ann.connected, false);
  });

  it('ends though the server has gone, and says that the server did not hear of it', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann', { silenceMs: 200 });
    const gone = once(ann, 'disconnected');
    await world.server.close();
    await gone;
    assert.equal(await ann.close(), false);
  });
});

describe('an auxiliary connection', () => {
  it('sends and lists beside the present client, and has no presence, groups or deliveries', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const [bob] = await world.gather('dev', 'Bob');
    const ann = await world.join('Ann', { dataDir });
    await ann.joinGroup('dev');
    const heard = told(bob ?? assert.fail(), 'groupMessageReceived');
    const port = ann.localPort;
    const beside = await world.join('Ann', { dataDir, auxiliary: true });
    const overheard = told(beside, 'messageReceived');
    await beside.sendGroup('dev', 'from a script');
    assert.deepEqual(
      (await heard.count(1)).map(({ from, text }) => [from, text]),
      [['Ann', 'from a script']],
    );
    assert.deepEqual(await beside.listMembers('dev'), ['Bob', 'Ann']);
    assert.deepEqual(beside.groups, []);
    assert.equal(await codeOf(beside.joinGroup('dev')), 'BAD_REQUEST');
    await beside.close();
    assert.ok(ann.connected);
    assert.equal(bob?.directory.get('Ann')?.address.port, port);
    assert.deepEqual(overheard.values, []);
    assert.deepEqual(await ann.listMembers('dev'), ['Bob', 'Ann']);
  });
});

describe('an address', () => {
  it('is one client’s: who comes from it while that one answers is refused', async (t) => {
    const world = await World.start(t);
    const crypto = new SodiumCrypto();
    const endpoint = new Endpoint({
      crypto,
      random: systemRandom,
      identity: crypto.identity(systemRandom(32)),
      timing: { silenceMs: 5000, keepaliveMs: undefined, idleTimeoutMs: 45_000 },
      connectionsMax: 10,
      now: systemEnvironment.now(),
    });
    const answers = new Map<number, string>();
    const answered = Promise.withResolvers<void>();
    const driver = await Driver.start({
      environment: systemEnvironment,
      endpoint,
      host: '127.0.0.1',
      port: 0,
      onEvent: (event) => {
        if (event.type === 'connected') register(endpoint, event.link);
        if (event.type !== 'messageReceived') return;
        const message = serverCodec.decode(event.payload);
        if (message?.type === 'welcome') answers.set(event.link, message.type);
        if (message?.type === 'refused') {
          answers.set(event.link, errorCodeFromWire(message.code));
        }
        if (answers.size === 1) connect();
        else answered.resolve();
      },
    });
    t.after(() => driver.close());
    const target = {
      address: world.server.address,
      identity: undefined,
      timing: { silenceMs: 5000, keepaliveMs: undefined, idleTimeoutMs: 45_000 },
      timeoutMs: 5000,
    };
    let connections = 0;
    const connect = (): void => {
      if (connections++ < 2) endpoint.connect(target, systemEnvironment.now());
      driver.wake();
    };
    connect();
    await answered.promise;
    assert.deepEqual([...answers.values()], ['welcome', 'ADDRESS_TAKEN']);
  });
});

/** Claims a name of its own on a link. */
function register(endpoint: Endpoint, link: number): void {
  const claim = clientCodec.encode({
    type: 'register',
    requestId: 0,
    name: `Neighbour-${link}`,
    bot: false,
    auxiliary: false,
    takeOver: false,
    hidesAddress: false,
    processId: systemRandom(8),
    nextCounter: 1,
    epoch: new Uint8Array(8),
    directoryVersion: 0,
    resume: [],
  });
  endpoint.send(link, 0, claim);
}
