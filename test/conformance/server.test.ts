/** The second implementation of a client and the real server (docs/PROTOCOL.md §2 to §8) serve each other. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Client as RealClient, Server, type ServerOptions } from '../../core/index.ts';
import { systemEnvironment } from '../../core/net/system.ts';
import { temporaryHome } from '../support/home.ts';
import { type Endpoint, LossyProxy } from '../support/lossy-proxy.ts';
import { clientToServer, directoryHash } from './chat.ts';
import { Client, type ClientOptions } from './client.ts';
import { encoded, hex } from './notation.ts';

const host = '127.0.0.1';
/** Five fragments. */
const long = 'ünïcode '.repeat(500);

function serve(options: ServerOptions = {}): Promise<Server> {
  return Server.start({ port: 0, host, ...options });
}

function real(name: string, server: Server): Promise<RealClient> {
  const address = `${host}:${server.address.port}`;
  return RealClient.connect({ name, server: address, serverKey: server.key });
}

/** A client of the second implementation that is registered. */
async function registered(
  server: Server,
  options: ClientOptions = { name: 'otto' },
  address: Endpoint = server.address,
): Promise<Client> {
  const client = await Client.open(options);
  await client.connect(address, { expected: server.key });
  await client.register();
  return client;
}

async function join(client: Client, group: string): Promise<void> {
  await client.request('joinGroup', { group });
}

function first(datagram: Uint8Array): number {
  return datagram[0] ?? 0;
}

describe('the second implementation', { timeout: 20_000 }, () => {
  it('is served', async () => {
    await using server = await serve();
    await using client = await Client.open({ name: 'otto' });
    const connection = await client.connect(server.address);
    assert.deepEqual(connection.established.peer, server.key);
    const welcome = await client.register();
    assert.equal(welcome.name, 'otto');
    assert.equal(welcome.silenceMs, 10_000);
    await client.request('createGroup', { group: 'hall' });
    await client.request('createGroup', { group: 'yard' });
    const { names, next } = await client.request('listGroups', { after: 0 });
    assert.deepEqual([names, next], [[{ name: 'hall' }, { name: 'yard' }], 0]);
    await join(client, 'hall');
    const members = await client.request('listMembers', { group: 'hall', after: 0 });
    assert.deepEqual(members.names, [{ name: 'otto' }]);
    const { entry } = await client.request('lookUp', { name: 'OTTO' });
    assert.deepEqual(
      [entry.name, entry.identity, entry.online, entry.bot, entry.host.join('.'), entry.port],
      ['otto', client.identity.publicKey, true, false, host, client.port],
    );
    await client.request('leaveGroup', { group: 'hall' });
    await client.request('deregister', {});
  });

  it('is refused with the codes of §7', async () => {
    await using server = await serve();
    await using client = await Client.open({ name: 'otto' });
    await client.connect(server.address);
    await assert.rejects(client.request('listGroups', { after: 0 }), { code: 2 });
    await client.register();
    await assert.rejects(client.register(), { code: 1 });
    await assert.rejects(client.request('lookUp', { name: 'nobody' }), { code: 7 });
    await assert.rejects(client.request('createGroup', { group: 'server' }), { code: 8 });
    await client.request('createGroup', { group: 'hall' });
    await assert.rejects(client.request('createGroup', { group: 'HALL' }), { code: 9 });
    await assert.rejects(join(client, 'yard'), { code: 10 });
    await assert.rejects(client.sendGroup('hall', 'hello'), { code: 13 });
    await join(client, 'hall');
    await assert.rejects(join(client, 'hall'), { code: 12 });
    await assert.rejects(client.sendGroup('hall', 'x'.repeat(60_001)), { code: 16 });
  });

  it('exchanges group messages with the real client, of fragments, too', async () => {
    await using server = await serve();
    await using client = await registered(server);
    await using ann = await real('ann', server);
    await ann.createGroup('hall');
    await join(client, 'hall');
    await ann.joinGroup('hall');
    const { name } = await client.events.take('memberJoined');
    assert.equal(name, 'ann');
    const heard: string[] = [];
    ann.on('groupMessageReceived', ({ text }) => heard.push(text));
    for (const text of ['hello', '', long, 'x'.repeat(60_000)]) {
      await client.sendGroup('hall', text);
      await ann.sendGroup('hall', text);
      const message = await client.events.take('groupMessage');
      assert.deepEqual([message.group, message.from, message.text], ['hall', 'ann', text]);
    }
    // What was sent to ann before her answers came before them.
    assert.deepEqual(heard, ['hello', '', long, 'x'.repeat(60_000)]);
  });

  it('may ask for several things in one frame, and gets many messages in one', async () => {
    await using server = await serve();
    await using ann = await real('ann', server);
    await using client = await registered(server);
    const asked = [
      { type: 'createGroup', requestId: 1000, group: 'hall' },
      { type: 'joinGroup', requestId: 1001, group: 'hall' },
    ] as const;
    const messages = asked.map((message) => encoded(clientToServer, message));
    client.server.sendTogether(0, messages);
    client.server.tick(performance.now());
    assert.equal((await client.events.take('done')).requestId, 1000);
    assert.equal((await client.events.take('joined')).requestId, 1001);
    await ann.joinGroup('hall');
    client.disconnect();
    const texts = Array.from({ length: 200 }, (_, at) => `missed ${at}`);
    for (const text of texts) await ann.sendGroup('hall', text);
    await client.connect(server.address, { expected: server.key });
    await client.register();
    for (const text of texts) assert.equal((await client.events.take('groupMessage')).text, text);
    assert.ok(client.server.kindsSeen.has('messages'));
  });

  it('gives a message one place, however often it is sent', async () => {
    await using server = await serve();
    await using client = await registered(server);
    await client.request('createGroup', { group: 'hall' });
    await join(client, 'hall');
    const { mid, seq } = await client.sendGroup('hall', 'once');
    const again = await client.sendGroup('hall', 'once', mid);
    assert.equal(again.seq, seq);
  });

  it('goes on from its cursors on a new connection', async () => {
    await using server = await serve();
    await using client = await registered(server);
    await using ann = await real('ann', server);
    await ann.createGroup('hall');
    await ann.joinGroup('hall');
    await join(client, 'hall');
    await ann.sendGroup('hall', 'one');
    assert.equal((await client.events.take('groupMessage')).text, 'one');
    client.disconnect();
    await ann.sendGroup('hall', 'two');
    await ann.sendGroup('hall', 'three');
    await client.connect(server.address, { expected: server.key });
    const { groups } = await client.register();
    assert.deepEqual(
      groups.map(({ group, seq, headSeq }) => [group, seq, headSeq]),
      [['hall', 1, 3]],
    );
    assert.equal((await client.events.take('groupMessage')).text, 'two');
    assert.equal((await client.events.take('groupMessage')).text, 'three');
    assert.equal(client.events.count('gap'), 0);
  });

  it('holds the directory that the server says it holds', async () => {
    await using server = await serve();
    await using client = await registered(server);
    await using _ann = await real('ann', server);
    await client.events.take('directoryDelta', ({ entries }) =>
      entries.some(({ name, online }) => name === 'ann' && online),
    );
    const version = client.directoryVersion;
    const hash = directoryHash(client.directory.values());
    client.say({ type: 'directoryCheck', version, hash });
    await client.request('listGroups', { after: 0 });
    assert.equal(client.events.count('directoryReset'), 0);
    client.say({ type: 'directoryCheck', version, hash: new Uint8Array(8) });
    await client.events.take('directoryReset');
    await client.events.take('directoryDelta', (delta) => delta.version === version);
    assert.deepEqual(directoryHash(client.directory.values()), hash);
  });

  it('hears why a connection ends', async () => {
    await using server = await serve();
    await using client = await registered(server);
    await client.connect(server.address);
    await client.register();
    assert.equal((await client.events.take('closed')).ending, 16);
    await server.close();
    assert.equal((await client.events.take('closed')).ending, 20);
  });
});

describe('a connection of the second implementation', { timeout: 20_000 }, () => {
  it('is reset by a server that has restarted', async (t) => {
    const dataDir = temporaryHome(t).path;
    const server = await serve({ dataDir });
    await using proxy = await LossyProxy.start({ seed: 1, target: server.address });
    await using client = await registered(server, { name: 'otto' }, proxy.address);
    proxy.blackhole();
    // The farewell, which must not arrive, in its two copies.
    const farewells = new Promise<void>((resolve) => {
      let count = 0;
      proxy.watch((_datagram, { port }) => {
        if (port === server.address.port && ++count === 2) resolve();
      });
    });
    await server.close();
    await farewells;
    // Whatever else has come with them is swallowed in the same turn.
    await setImmediate();
    await using _restarted = await serve({ dataDir, port: server.address.port });
    proxy.restore();
    await Promise.all([
      assert.rejects(client.request('listGroups', { after: 0 }), /ended/),
      client.events.take('closed', ({ ending }) => ending === 'reset'),
    ]);
    await client.connect(proxy.address, { expected: server.key });
    await client.register();
  });
});

describe('the handshake of the second implementation', { timeout: 20_000 }, () => {
  it('is told by version 0 that there is no common version', async () => {
    await using server = await serve();
    await using client = await Client.open({ name: 'otto', versions: [9] });
    const attempt = client.connect(server.address, { timeoutMs: 300 });
    await assert.rejects(attempt, /version 0 of 1/);
  });

  it('takes the version that both speak', async () => {
    await using server = await serve();
    await using client = await registered(server, { name: 'otto', versions: [9, 1] });
    assert.equal(client.server.established.version, 1);
  });

  it('refuses a server of another identity', async () => {
    await using server = await serve();
    await using client = await Client.open({ name: 'otto' });
    const options = { expected: client.identity.publicKey, timeoutMs: 300 };
    await assert.rejects(client.connect(server.address, options), /another identity/);
  });

  it('needs no HELLO where it has a token', async () => {
    await using server = await serve();
    await using proxy = await LossyProxy.start({ seed: 1, target: server.address });
    await using client = await registered(server, { name: 'otto' }, proxy.address);
    client.disconnect();
    const forms: number[] = [];
    proxy.watch((datagram) => forms.push(first(datagram)));
    await client.connect(proxy.address, { expected: server.key });
    await client.register();
    assert.ok(forms.includes(3) && !forms.includes(1) && !forms.includes(2));
  });

  it('follows the RETRY to a token that is worth nothing', async () => {
    await using server = await serve();
    await using another = await serve();
    await using proxy = await LossyProxy.start({ seed: 1, target: server.address });
    await using client = await registered(server, { name: 'otto' }, proxy.address);
    const { token } = client.server.established;
    client.disconnect();
    const forms: number[] = [];
    proxy.watch((datagram) => forms.push(first(datagram)));
    assert.ok(token);
    const spoiled = { ...token, token: token.token.map((byte) => byte ^ 1) };
    await client.connect(proxy.address, { expected: server.key, token: spoiled });
    await client.register();
    assert.ok(forms.includes(2) && !forms.includes(1));
    assert.notDeepEqual(another.key, server.key);
  });
});

describe('the packets of the second implementation', { timeout: 20_000 }, () => {
  it('are ignored on both sides when the tag is wrong', async () => {
    await using server = await serve();
    await using proxy = await LossyProxy.start({ seed: 1, target: server.address });
    await using client = await registered(server, { name: 'otto' }, proxy.address);
    const { phases } = client.server;
    let forged = 0;
    const inject = (datagram: Uint8Array, from: Endpoint, to: Endpoint) => {
      if ((first(datagram) & 0x40) === 0 || forged === 200) return;
      forged++;
      const copy = Uint8Array.from(datagram);
      copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
      proxy.inject(copy, from, to);
    };
    proxy.watch(inject);
    for (let count = 0; count < 5; count++) await client.request('listGroups', { after: 0 });
    assert.ok(forged >= 10);
    assert.deepEqual(client.server.phases, phases);
  });

  it('get through when one in ten is lost, doubled or late', async () => {
    const faults = { loss: 0.1, duplication: 0.1, reordering: 0.1 };
    await using server = await serve();
    await using ann = await real('ann', server);
    const options = { seed: 7, target: server.address, toTarget: faults, toClient: faults };
    await using proxy = await LossyProxy.start(options);
    await using client = await registered(server, { name: 'otto' }, proxy.address);
    await ann.createGroup('hall');
    await ann.joinGroup('hall');
    await join(client, 'hall');
    const heard: string[] = [];
    ann.on('groupMessageReceived', ({ text }) => heard.push(text));
    const texts = Array.from({ length: 20 }, (_, count) => `${count} ${count % 2 ? long : ''}`);
    for (const text of texts) await ann.sendGroup('hall', text);
    await Promise.all(texts.map((text) => client.sendGroup('hall', text)));
    for (const text of texts) assert.equal((await client.events.take('groupMessage')).text, text);
    await ann.sendGroup('hall', 'the end');
    await client.events.take('groupMessage', ({ text }) => text === 'the end');
    assert.deepEqual(heard, texts);
    assert.ok(proxy.counts.lost > 10);
  });

  it('may come from another port: the server asks there, and is answered', async () => {
    await using server = await serve();
    await using proxy = await LossyProxy.start({ seed: 1, target: server.address });
    await using client = await registered(server, { name: 'otto' }, proxy.address);
    await client.request('createGroup', { group: 'hall' });
    await proxy.rebind();
    const { names } = await client.request('listGroups', { after: 0 });
    assert.deepEqual(names, [{ name: 'hall' }]);
  });

  it('change their key, and the server follows', async () => {
    await using server = await serve();
    await using client = await registered(server, { name: 'otto', phasePacketsMax: 4 });
    while (client.server.phases.receiving < 3) await client.request('listGroups', { after: 0 });
    assert.equal(hex(client.server.established.peer), hex(server.key));
  });

  it('change their key when the server does', async () => {
    let aheadMs = 0;
    const now = () => systemEnvironment.now() + aheadMs;
    await using server = await serve({ environment: { ...systemEnvironment, now } });
    await using client = await registered(server);
    // 125 seconds in steps below the idle timeout, with something to say in between.
    for (; aheadMs < 125_000; aheadMs += 25_000) await client.request('listGroups', { after: 0 });
    while (client.server.phases.sending === 0) await client.request('listGroups', { after: 0 });
    assert.deepEqual(client.server.phases, { sending: 1, receiving: 1 });
  });
});
