import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import type { ServerOptions } from '../../../core/server/options.ts';
import { LossyProxy } from '../../support/lossy-proxy.ts';
import { NamesStore } from '../../support/names-store.ts';
import { codeOf, textsOf, told, World } from './world.ts';

/** A server that keeps its identity over restarts, and the options to restart it with. */
async function lasting(
  t: TestContext,
): Promise<{ readonly world: World; readonly options: ServerOptions }> {
  const names = new NamesStore();
  const world = await World.start(t, { store: names.open() });
  return { world, options: { store: names.open() } };
}

describe('a client', () => {
  it('is back within seconds of a restart of the server, and says what it has lost', async (t) => {
    const { world, options } = await lasting(t);
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const lost = told(ann, 'groupLost');
    const [gone, back] = [once(ann, 'disconnected'), once(ann, 'reconnected')];
    await world.restart(options);
    await gone;
    await back;
    assert.deepEqual(await lost.count(1), ['dev']);
    assert.deepEqual(ann.groups, []);
    await ann.createGroup('dev');
    await ann.joinGroup('dev');
    assert.equal((await ann.sendGroup('dev', 'again')).seq, 1);
  });

  it('waits for the server with what it asks meanwhile', async (t) => {
    const { world, options } = await lasting(t);
    const ann = await world.join('Ann');
    const gone = once(ann, 'disconnected');
    await world.server.close();
    await gone;
    const listing = ann.listGroups();
    const creating = ann.createGroup('dev');
    await world.restart(options);
    await creating;
    assert.ok((await listing).length <= 1);
    assert.deepEqual(await ann.listGroups(), ['dev']);
  });

  it('waits no longer than its patience', async (t) => {
    const { world } = await lasting(t);
    const ann = await world.join('Ann', { silenceMs: 200 });
    const gone = once(ann, 'disconnected');
    await world.server.close();
    await gone;
    assert.equal(await codeOf(ann.listGroups()), 'CONNECTION_LOST');
    assert.equal(await codeOf(ann.sendGroup('dev', 'hello')), 'CONNECTION_LOST');
  });

  it('does not come back if it was told not to', async (t) => {
    const { world } = await lasting(t);
    const ann = await world.join('Ann', { reconnect: false });
    const closed = once(ann, 'closed');
    await world.server.close();
    const [error] = await closed;
    assert.equal(error?.code, 'CONNECTION_LOST');
    assert.equal(await codeOf(ann.listGroups()), 'CLOSED');
  });

  it('cannot say whether a send was carried out by a server that has restarted since', async (t) => {
    const { world, options } = await lasting(t);
    const proxy = await LossyProxy.start({ target: world.server.address, seed: 1 });
    t.after(() => proxy.close());
    const server = `${proxy.address.host}:${proxy.address.port}`;
    const ann = await world.join('Ann', { server, silenceMs: 3000 });
    await ann.createGroup('dev');
    await ann.joinGroup('dev');
    proxy.blackhole();
    const sending = ann.sendGroup('dev', 'did it arrive?');
    const refused = codeOf(sending);
    await once(ann, 'disconnected');
    await world.restart(options);
    proxy.restore();
    assert.equal(await refused, 'OUTCOME_UNKNOWN');
  });

  it('keeps its groups over a loss of the network, and catches up with what was said', async (t) => {
    const world = await World.start(t);
    const proxy = await LossyProxy.start({ target: world.server.address, seed: 1 });
    t.after(() => proxy.close());
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const server = `${proxy.address.host}:${proxy.address.port}`;
    const bob = await world.join('Bob', { server, silenceMs: 500 });
    await bob.joinGroup('dev');
    const heard = told(bob, 'groupMessageReceived');
    await ann.sendGroup('dev', 'before');
    await heard.count(1);
    const [gone, back] = [once(bob, 'disconnected'), once(bob, 'reconnected')];
    proxy.blackhole();
    // Whoever asks notices that nobody answers.
    const asking = codeOf(bob.createGroup('other'));
    await gone;
    for (const text of ['one', 'two', 'three']) await ann.sendGroup('dev', text);
    proxy.restore();
    await back;
    assert.equal(await asking, 'CONNECTION_LOST');
    assert.deepEqual(textsOf(await heard.count(4)), ['before', 'one', 'two', 'three']);
    assert.deepEqual(
      heard.values.map(({ recovered }) => recovered),
      [false, true, true, true],
    );
    assert.deepEqual(bob.groups, ['dev']);
    const { seq } = await bob.sendGroup('dev', 'back again');
    assert.equal(seq, 5);
  });

  it('commits a message once, though it was sent on two connections', async (t) => {
    const world = await World.start(t);
    const answersLost = await LossyProxy.start({
      target: world.server.address,
      seed: 7,
      toClient: { loss: 0.5, duplication: 0.2 },
      toTarget: { loss: 0.2, reordering: 0.2 },
    });
    t.after(() => answersLost.close());
    const [ann] = await world.gather('dev', 'Ann');
    assert.ok(ann);
    const { host, port } = answersLost.address;
    const bob = await world.join('Bob', { server: `${host}:${port}` });
    await bob.joinGroup('dev');
    const heard = told(ann, 'groupMessageReceived');
    const texts = Array.from({ length: 30 }, (_, at) => `message ${at}`);
    const receipts = await Promise.all(texts.map((text) => bob.sendGroup('dev', text)));
    assert.deepEqual(
      receipts.map(({ seq }) => seq),
      texts.map((_, at) => at + 1),
    );
    assert.deepEqual(textsOf(await heard.count(30)), texts);
  });
});
