import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseServerAddress } from '../../../core/net/address.ts';
import { Journal } from '../../../core/store/client-files.ts';
import { type Home, temporaryHome } from '../../support/home.ts';
import { startNode } from '../../support/processes.ts';
import { Cable, codeOf, knows, textsOf, told, World } from './world.ts';

const inGroups = { policy: { privateInGroup: true } };

/** The folder of a name in a client's data folder. */
function folderOf(dataDir: string, world: World, name: string): string {
  const server = parseServerAddress(world.address).name.replace(':', '%3A');
  return join(dataDir, 'servers', server, name);
}

/** A client in a process of its own that is in a group and tells what it holds back. */
function startHolder(home: Home, world: World, dataDir: string): ReturnType<typeof startNode> {
  const module = import.meta.resolve('../../../core/client/client.ts');
  const options = { name: 'Ann', server: world.address, dataDir };
  const code = `
    import { Client } from ${JSON.stringify(module)};
    const client = await Client.connect(${JSON.stringify(options)});
    client.on('privateMessageHeldBack', (from) => console.log('held back from', from));
    await client.joinGroup('dev');
    console.log('ready');`;
  return startNode(home, ['--input-type=module', '-e', code]);
}

describe('a private message', () => {
  it('goes from client to client and is delivered once it has arrived', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann', { bot: true });
    const bob = await world.join('Bob');
    await knows(ann, 'Bob');
    const heard = told(bob, 'privateMessageReceived');
    const receipt = await ann.send('bob', 'hello', { hops: 2 });
    assert.equal(receipt.to, 'Bob');
    const [message] = await heard.count(1);
    assert.deepEqual(message, {
      type: 'private',
      mid: receipt.mid,
      from: 'Ann',
      text: 'hello',
      sentAtMs: message?.sentAtMs,
      bot: true,
      hops: 2,
      heldBack: false,
      kept: false,
    });
  });

  it('keeps its place among many, both ways at once', async (t) => {
    const world = await World.start(t);
    const [ann, bob] = [await world.join('Ann'), await world.join('Bob')];
    await knows(ann, 'Bob');
    const [byAnn, byBob] = [told(ann, 'messageReceived'), told(bob, 'messageReceived')];
    const texts = Array.from({ length: 300 }, (_, at) => `${at} ${'x'.repeat(at * 7)}`);
    await Promise.all(texts.flatMap((text) => [ann.send('Bob', text), bob.send('Ann', text)]));
    assert.deepEqual(textsOf(byAnn.values), texts);
    assert.deepEqual(textsOf(byBob.values), texts);
  });

  it('has at most 60,000 bytes of text', async (t) => {
    const world = await World.start(t);
    const [ann, bob] = [await world.join('Ann'), await world.join('Bob')];
    await knows(ann, 'Bob');
    const heard = told(bob, 'messageReceived');
    const longest = 'é'.repeat(30_000);
    await ann.send('Bob', longest);
    assert.deepEqual(textsOf(heard.values), [longest]);
    assert.equal(await codeOf(ann.send('Bob', `${longest}x`)), 'MESSAGE_TOO_LONG');
    assert.equal(await codeOf(ann.send('Bob', 'x'.repeat(65_536))), 'MESSAGE_TOO_LONG');
    assert.equal(await codeOf(ann.send('Bob', 'x', { hops: 8 })), 'TOO_MANY_HOPS');
    assert.equal(await codeOf(ann.send('Bob', 'x', { hops: 0.5 })), 'OPTION_INVALID');
  });

  it('needs somebody to go to, where the server keeps none', async (t) => {
    const world = await World.start(t, { policy: { mailbox: false } });
    const cable = new Cable();
    const ann = await world.join('Ann', { silenceMs: 200 });
    await world.join('Bob', { environment: cable.environment, silenceMs: 200 });
    await knows(ann, 'Bob');
    assert.equal(await codeOf(ann.send('Carol', 'hello')), 'USER_UNKNOWN');
    await ann.send('Bob', 'hello');
    cable.cut();
    assert.equal(await codeOf(ann.send('Bob', 'still there?')), 'PEER_UNREACHABLE');
  });

  it('can be given up by its sender', async (t) => {
    const world = await World.start(t);
    const cable = new Cable();
    const ann = await world.join('Ann');
    await world.join('Bob', { environment: cable.environment, silenceMs: 200 });
    await knows(ann, 'Bob');
    cable.cut();
    const controller = new AbortController();
    const sending = ann.send('Bob', 'hello', { signal: controller.signal });
    setImmediate(() => controller.abort());
    assert.equal(await codeOf(sending), 'ABORTED');
    const signal = AbortSignal.abort();
    assert.equal(await codeOf(ann.send('Bob', 'hello', { signal })), 'ABORTED');
  });

  it('goes on while the server is down, to peers never written to before, too', async (t) => {
    const world = await World.start(t);
    const ann = await world.join('Ann', { silenceMs: 500 });
    const bob = await world.join('Bob', { silenceMs: 500 });
    const carol = await world.join('Carol', { silenceMs: 500 });
    await knows(ann, 'Carol');
    await ann.send('Bob', 'before');
    const heard = [told(bob, 'messageReceived'), told(carol, 'messageReceived')];
    const gone = Promise.all([ann, bob, carol].map((client) => once(client, 'disconnected')));
    await world.server.close();
    await gone;
    await ann.send('Bob', 'known');
    await ann.send('Carol', 'new');
    assert.deepEqual(
      heard.map(({ values }) => textsOf(values)),
      [['known'], ['new']],
    );
    assert.equal(await codeOf(ann.listGroups()), 'CONNECTION_LOST');
  });

  it('follows a peer that has come back from another port', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const ann = await world.join('Ann');
    const bob = await world.join('Bob', { dataDir });
    await knows(ann, 'Bob');
    await ann.send('Bob', 'first');
    const { localPort } = bob;
    await bob.close();
    const again = await world.join('Bob', { dataDir });
    assert.notEqual(again.localPort, localPort);
    const heard = told(again, 'messageReceived');
    const changes = told(ann, 'directoryChanged');
    await changes.until(() => ann.directory.get('Bob')?.address.port === again.localPort);
    await ann.send('Bob', 'second');
    assert.deepEqual(textsOf(heard.values), ['second']);
  });
});

describe('from inside a group', () => {
  it('nobody sends privately, unless the server or the client says otherwise', async (t) => {
    const world = await World.start(t);
    const [ann] = await world.gather('dev', 'Ann');
    await world.join('Bob');
    assert.equal(await codeOf(ann?.send('Bob', 'psst') ?? assert.fail()), 'NOT_WHILE_IN_GROUP');
    const bot = await world.join('Bot', { bot: true, privateInGroup: true });
    await bot.joinGroup('dev');
    await knows(bot, 'Bob');
    await bot.send('Bob', 'psst');
    const open = await World.start(t, inGroups);
    const [carol, dave] = await open.gather('dev', 'Carol', 'Dave');
    const heard = told(dave ?? assert.fail(), 'privateMessageReceived');
    await carol?.send('Dave', 'psst');
    assert.deepEqual(textsOf(heard.values), ['psst']);
  });

  it('a message is held back until the group is left, and told before leaving is over', async (t) => {
    const world = await World.start(t);
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const bob = await world.join('Bob');
    const [held, heard] = [told(ann, 'privateMessageHeldBack'), told(ann, 'messageReceived')];
    const shown = told(ann, 'privateMessageReceived');
    await bob.send('Ann', 'one');
    await bob.send('Ann', 'two');
    assert.deepEqual(held.values, ['Bob', 'Bob']);
    assert.deepEqual(heard.values, []);
    await ann.leaveGroup('dev');
    assert.deepEqual(textsOf(heard.values), ['one', 'two']);
    assert.ok(shown.values.every(({ heldBack }) => heldBack));
    await bob.send('Ann', 'three');
    assert.deepEqual(textsOf(heard.values), ['one', 'two', 'three']);
  });

  it('what was held back is told by the next process, should this one be killed', async (t) => {
    const home = temporaryHome(t);
    const dataDir = join(home.path, 'ann');
    const world = await World.start(t);
    const bob = await world.join('Bob');
    await bob.createGroup('dev');
    const holder = startHolder(home, world, dataDir);
    await holder.waitFor('ready');
    await knows(bob, 'Ann');
    await bob.send('Ann', 'do not forget');
    await holder.waitFor('held back from Bob');
    await holder.kill();
    const journal = join(folderOf(dataDir, world, 'ann'), 'held-back.jsonl');
    assert.deepEqual(textsOf(new Journal(journal).messages), ['do not forget']);
    const beside = await world.join('Ann', { dataDir, auxiliary: true });
    await beside.listGroups();
    assert.deepEqual(textsOf(new Journal(journal).messages), ['do not forget']);
    const again = await world.join('Ann', { dataDir });
    const heard = told(again, 'privateMessageReceived');
    assert.deepEqual(textsOf(await heard.count(1)), ['do not forget']);
    assert.equal(heard.values[0]?.heldBack, true);
    await again.close();
    assert.deepEqual(new Journal(journal).messages, []);
  });

  it('a message that cannot be kept is not acknowledged', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const ann = await world.join('Ann', { dataDir });
    const bob = await world.join('Bob', { silenceMs: 200 });
    await bob.send('Ann', 'hello');
    await ann.createGroup('dev');
    await ann.joinGroup('dev');
    const held = told(ann, 'privateMessageHeldBack');
    const folder = folderOf(dataDir, world, 'ann');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder should be');
    assert.equal(await codeOf(bob.send('Ann', 'keep this')), 'PEER_UNREACHABLE');
    assert.deepEqual(held.values, []);
    assert.ok(ann.connected);
  });

  it('nor is one of a sender whose key cannot be kept', async (t) => {
    const { path: dataDir } = temporaryHome(t);
    const world = await World.start(t);
    const ann = await world.join('Ann', { dataDir });
    const bob = await world.join('Bob', { silenceMs: 200 });
    const heard = told(ann, 'messageReceived');
    const folder = folderOf(dataDir, world, 'ann');
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder should be');
    assert.equal(await codeOf(bob.send('Ann', 'first contact')), 'PEER_UNREACHABLE');
    assert.deepEqual(heard.values, []);
    assert.ok(ann.connected);
  });
});
