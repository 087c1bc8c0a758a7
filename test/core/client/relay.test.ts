/** Private messages over the server's relay, and past it. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { decodeRelayed, Relay } from '../../../core/chat/relay.ts';
import { Driver } from '../../../core/net/driver.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import { decodeInit, handshakePrologue } from '../../../core/protocol/handshake.ts';
import { datagramForm } from '../../../core/protocol/packet.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { Scene, serverHost } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { codeOf } from './world.ts';

/** Every datagram that the relay forwards from now on, as the server sees it. */
function tapRelay(t: TestContext): Uint8Array[] {
  const relayed: Uint8Array[] = [];
  const { forward } = Relay.prototype;
  Relay.prototype.forward = function (this: Relay, from, payload, links, now) {
    const datagram = decodeRelayed(payload)?.datagram;
    if (datagram !== undefined) relayed.push(datagram);
    return forward.call(this, from, payload, links, now);
  };
  t.after(() => {
    Relay.prototype.forward = forward;
  });
  return relayed;
}

/** How many datagrams go between two hosts from now on. */
function countBetween(scene: Scene, one: string, other: string): () => number {
  let count = 0;
  scene.network.watch((_, from, to) => {
    const isBetween =
      (from.host === one && to.host === other) || (from.host === other && to.host === one);
    if (isBetween) count++;
  });
  return () => count;
}

describe('a private connection', () => {
  it('is set up over the relay and goes on directly, in both directions', async (t) => {
    const scene = new Scene();
    await scene.serve();
    const [ann, bob] = [await scene.connect('Ann'), await scene.connect('Bob')];
    const relayed = tapRelay(t);
    const direct = countBetween(scene, ann.host, bob.host);
    await scene.until(() => ann.client.directory.has('Bob'));
    await scene.settle(ann.client.send('Bob', 'first'));
    await scene.pass(500);
    const [relayedAtFirst, directAtFirst] = [relayed.length, direct()];
    assert.ok(relayedAtFirst > 0);
    await scene.settle(ann.client.send('Bob', 'second'));
    await scene.settle(bob.client.send('Ann', 'third'));
    assert.equal(relayed.length, relayedAtFirst);
    assert.ok(direct() > directAtFirst);
    assert.deepEqual(bob.heard, ['first', 'second']);
    assert.deepEqual(ann.heard, ['third']);
  });

  it('of a client that hides its address stays on the relay, and the address is told to nobody', async () => {
    const scene = new Scene();
    await scene.serve();
    const ann = await scene.connect('Ann', { relayOnly: true });
    const bob = await scene.connect('Bob');
    const direct = countBetween(scene, ann.host, bob.host);
    await scene.until(() => bob.client.directory.has('Ann'));
    await scene.settle(bob.client.send('Ann', 'where are you?'));
    await scene.settle(ann.client.send('Bob', 'x'.repeat(20_000)));
    await scene.pass(20_000);
    await scene.settle(ann.client.send('Bob', 'guess'));
    assert.equal(direct(), 0);
    assert.deepEqual(bob.client.directory.get('Ann')?.address, { host: '', port: 0 });
    assert.equal(bob.client.directory.get('Ann')?.online, true);
    assert.equal(bob.heard.length, 2);
  });

  it('of a client that hides its address is not taken up from elsewhere', async () => {
    const scene = new Scene();
    await scene.serve();
    const ann = await scene.connect('Ann', { relayOnly: true });
    const hello = new Uint8Array(1200);
    hello.set([datagramForm.hello, 1, 1]);
    const stranger = { host: '10.0.9.9', port: 9 };
    scene.network.host(stranger.host);
    let answers = 0;
    scene.network.watch((_, _from, to) => {
      if (to.host === stranger.host) answers++;
    });
    scene.network.inject(hello, stranger, { host: ann.host, port: ann.client.localPort });
    await scene.pass(1000);
    assert.equal(answers, 0);
    assert.equal(ann.client.drops.get('notRelayed'), 1);
  });

  it('of a client that hides its address is not betrayed by a reset to whoever guesses where it is', async () => {
    const scene = new Scene();
    await scene.serve();
    const ann = await scene.connect('Ann', { relayOnly: true });
    const stranger = { host: '10.0.9.9', port: 9 };
    scene.network.host(stranger.host);
    let answers = 0;
    scene.network.watch((_, _from, to) => {
      if (to.host === stranger.host) answers++;
    });
    const stray = new Uint8Array(40).fill(datagramForm.data | 1);
    scene.network.inject(stray, stranger, { host: ann.host, port: ann.client.localPort });
    await scene.pass(1000);
    assert.equal(answers, 0);
    assert.equal(ann.client.drops.get('unknownConnection'), 1);
  });

  it('begins directly while the server is away, and ends there for a client that hides', async () => {
    const scene = new Scene();
    await scene.serve();
    const ann = await scene.connect('Ann');
    const bob = await scene.connect('Bob', { relayOnly: true });
    const carl = await scene.connect('Carl');
    await scene.until(() => ann.client.directory.has('Carl') && ann.client.directory.has('Bob'));
    scene.network.crash(serverHost);
    await scene.until(() => !ann.client.connected && !bob.client.connected);
    await scene.settle(ann.client.send('Carl', 'still here'));
    assert.deepEqual(carl.heard, ['still here']);
    assert.equal(await codeOf(scene.settle(ann.client.send('Bob', 'you?'))), 'PEER_UNREACHABLE');
    assert.equal(await codeOf(scene.settle(bob.client.send('Ann', 'me'))), 'PEER_UNREACHABLE');
  });

  it('that was being set up when the server went is set up directly', async () => {
    const scene = new Scene();
    await scene.serve();
    const [ann, bob] = [await scene.connect('Ann'), await scene.connect('Bob')];
    await scene.until(() => ann.client.directory.has('Bob'));
    scene.network.cut(serverHost);
    const sent = ann.client.send('Bob', 'hello');
    await scene.settle(sent);
    assert.deepEqual(bob.heard, ['hello']);
  });

  it('comes back from a relay that is gone, when both sides have sought it there', async () => {
    const scene = new Scene();
    await scene.serve();
    const [ann, bob] = [await scene.connect('Ann'), await scene.connect('Bob')];
    await scene.until(() => ann.client.directory.has('Bob') && bob.client.directory.has('Ann'));
    await scene.settle(ann.client.send('Bob', 'hello'));
    await scene.pass(1000);
    scene.network.crash(serverHost);
    scene.network.cut(bob.host);
    const sent = Promise.all([ann.client.send('Bob', 'ping'), bob.client.send('Ann', 'pong')]);
    await scene.pass(700);
    scene.network.mend(bob.host);
    await scene.settle(sent);
    assert.deepEqual([ann.heard, bob.heard], [['pong'], ['hello', 'ping']]);
  });

  it('serves an auxiliary client beside the present one of its name', async (t) => {
    const scene = new Scene();
    const { path } = temporaryHome(t);
    await scene.serve();
    const relayed = tapRelay(t);
    const ann = await scene.connect('Ann', { dataDir: path });
    const bob = await scene.connect('Bob');
    const options = { dataDir: path, auxiliary: true, relayOnly: true };
    const beside = await scene.connect('Ann', options);
    await scene.until(() => beside.client.directory.has('Bob'));
    await scene.settle(beside.client.send('Bob', 'in passing'));
    // The peer looks for further ways, and finds the present client, which knows nothing of this connection.
    await scene.pass(1000);
    const isHandshake = ([form]: Uint8Array): boolean => form !== undefined && form < 0x40;
    const handshakes = relayed.filter(isHandshake).length;
    await scene.settle(beside.client.send('Bob', 'and once more'));
    assert.deepEqual(bob.heard, ['in passing', 'and once more']);
    assert.equal(relayed.filter(isHandshake).length, handshakes);
    await scene.settle(bob.client.send('Ann', 'to the one that stays'));
    assert.deepEqual(ann.heard.concat(beside.heard), ['to the one that stays']);
  });

  it('of an auxiliary client is not ended by the present one, which knows nothing of it', async (t) => {
    const scene = new Scene();
    const { path } = temporaryHome(t);
    await scene.serve();
    await scene.connect('Ann', { dataDir: path });
    const bob = await scene.connect('Bob');
    const beside = await scene.connect('Ann', { dataDir: path, auxiliary: true });
    const relayed = tapRelay(t);
    await scene.until(() => beside.client.directory.has('Bob'));
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
    for (const text of texts) {
      await scene.settle(beside.client.send('Bob', text));
      await scene.pass(200);
    }
    assert.deepEqual(bob.heard, texts);
    const inits = relayed.filter(([form]) => form === datagramForm.init);
    assert.equal(inits.length, 2, 'one handshake, of two copies');
  });
});

describe('a stranger', () => {
  it('does not take up all the connections that a client has for its peers', async () => {
    const scene = new Scene();
    await scene.serve();
    const ann = await scene.connect('Ann');
    const environment = scene.network.host('10.0.9.9');
    const crypto = new SodiumCrypto();
    const timing = { silenceMs: 5000, keepaliveMs: undefined, idleTimeoutMs: 60_000 };
    const endpoint = new Endpoint({
      crypto,
      random: environment.random,
      identity: crypto.identity(environment.random(32)),
      timing,
      connectionsMax: 1,
      now: environment.now(),
    });
    const options = { environment, endpoint, host: undefined, port: 9, onEvent: () => {} };
    const driver = await scene.settle(Driver.start(options));
    for (let at = 0; at < 100; at++) {
      const address = { host: ann.host, port: ann.client.localPort };
      endpoint.connect(
        { address, identity: undefined, timing, timeoutMs: 5000 },
        environment.now(),
      );
      driver.wake();
      await scene.pass(60);
    }
    await scene.pass(1000);
    assert.equal(endpoint.connectionCount, 64);
    assert.ok((ann.client.drops.get('addressFull') ?? 0) > 0);
    await scene.settle(driver.close());
  });
});

describe('a server that listens', () => {
  it('reads nothing of what it relays, with its own keys or without', async (t) => {
    const scene = new Scene();
    const store = new MemoryStore(new Uint8Array(32).fill(1));
    const server = await scene.serve({ store });
    const ann = await scene.connect('Ann', { relayOnly: true });
    await scene.connect('Bob');
    const relayed = tapRelay(t);
    const secret = 'the harbour at nine';
    await scene.until(() => ann.client.directory.has('Bob'));
    await scene.settle(ann.client.send('Bob', secret));
    await scene.pass(1000);
    await scene.settle(server.close().then(() => undefined));
    const crypto = new SodiumCrypto();
    const identity = crypto.identity(store.seed);
    const hex = toHex(new TextEncoder().encode(secret));
    assert.ok(relayed.length >= 4);
    assert.ok(relayed.every((datagram) => !toHex(datagram).includes(hex)));
    const inits = relayed
      .filter(([form]) => form === datagramForm.init)
      .flatMap((datagram) => decodeInit(datagram, 0) ?? []);
    assert.ok(inits.length > 0);
    for (const { versions, version, message } of inits) {
      const prologue = handshakePrologue(versions, [1], version, identity.publicKey);
      assert.equal(crypto.accept({ identity, prologue, message }), undefined);
    }
  });
});
