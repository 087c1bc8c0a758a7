/** Servers and peers that do not keep to the rules: what clients believe them, and what they do not. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Groups } from '../../../core/chat/groups.ts';
import { controlConversation, peerCodec } from '../../../core/chat/wire.ts';
import { Direct } from '../../../core/client/direct.ts';
import { Routes } from '../../../core/client/routes.ts';
import { Driver } from '../../../core/net/driver.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import type { Address } from '../../../core/protocol/address.ts';
import { Endpoint } from '../../../core/protocol/endpoint.ts';
import { outcomes, type Person, Scene } from '../../sim/scene.ts';
import { NamesStore } from '../../support/names-store.ts';
import { patient } from '../protocol/pair.ts';

const talkative = { policy: { privateInGroup: true } };
const strangerHost = '10.0.66.6';

/** Somebody who has no name and connects to a client. */
interface Stranger {
  /** Messages that the client sent it. */
  readonly received: Uint8Array[];
  readonly say: (payload: Uint8Array) => void;
}

async function intrude(t: TestContext, scene: Scene, { client, host }: Person): Promise<Stranger> {
  const environment = scene.network.host(strangerHost);
  const crypto = new SodiumCrypto();
  const { random } = environment;
  const identity = crypto.identity(random(32));
  const own = { crypto, random, identity, timing: patient, connectionsMax: 1 };
  const endpoint = new Endpoint({ ...own, now: environment.now() });
  const received: Uint8Array[] = [];
  let link: number | undefined;
  const driver = await Driver.start({
    environment,
    endpoint,
    host: undefined,
    port: 0,
    onEvent: (event) => {
      if (event.type === 'connected') link = event.link;
      if (event.type === 'messageReceived') received.push(event.payload.slice());
    },
  });
  t.after(() => driver.close());
  const address = { host, port: client.localPort };
  const target = { address, identity: undefined, timing: patient, timeoutMs: 5000 };
  endpoint.connect(target, environment.now());
  driver.wake();
  await scene.until(() => link !== undefined);
  const say = (payload: Uint8Array): void => {
    endpoint.send(link ?? assert.fail(), controlConversation, payload);
    driver.wake();
  };
  return { received, say };
}

/** What clients are told of where their peers can be reached, from now on. */
function tapTold(t: TestContext): Address[] {
  const told: Address[] = [];
  const { tryTold } = Routes.prototype;
  Routes.prototype.tryTold = function (this: Routes, link, addresses) {
    told.push(...addresses);
    tryTold.call(this, link, addresses);
  };
  t.after(() => {
    Routes.prototype.tryTold = tryTold;
  });
  return told;
}

describe('a peer', () => {
  it('that writes under the name of another is not heard', async (t) => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, mallory] = [await scene.connect('ann'), await scene.connect('mallory')];
    await scene.connect('bob');
    const { send } = Direct.prototype;
    Direct.prototype.send = function (this: Direct, to, message, signal) {
      return send.call(this, to, { ...message, from: 'bob' }, signal);
    };
    t.after(() => {
      Direct.prototype.send = send;
    });
    const sent = outcomes([mallory.client.send('ann', 'I am bob')]);
    assert.deepEqual(await scene.settle(sent), ['PEER_UNREACHABLE']);
    assert.deepEqual(ann.heard, []);
  });

  it('with a name learns where on its own networks a client can be reached', async (t) => {
    const scene = new Scene();
    await scene.serve(talkative);
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    const told = tapTold(t);
    await scene.until(() => ann.client.directory.has('bob'));
    await scene.settle(ann.client.send('bob', 'hello'));
    await scene.pass(1000);
    assert.deepEqual(
      told.toSorted((a, b) => a.host.localeCompare(b.host)),
      [ann, bob].map(({ client, host }) => ({ host, port: client.localPort })),
    );
  });

  it('without a name is told nothing of where a client is', async (t) => {
    const scene = new Scene();
    await scene.serve(talkative);
    const { received } = await intrude(t, scene, await scene.connect('ann'));
    await scene.pass(5000);
    assert.deepEqual(received, []);
  });

  it('has a client try three private addresses at most, and no public one', async (t) => {
    const scene = new Scene();
    await scene.serve(talkative);
    const ann = await scene.connect('ann');
    const stranger = await intrude(t, scene, ann);
    const tried = new Set<string>();
    scene.network.watch((_, from, to) => {
      if (from.host === ann.host) tried.add(to.host);
    });
    for (let at = 0; at < 20; at++) {
      const addresses = ['203.0.113.9', `192.168.7.${at}`].map((host) => ({ host, port: 53 }));
      stranger.say(peerCodec.encode({ type: 'reachableAt', addresses }));
      await scene.pass(100);
    }
    tried.delete(strangerHost);
    assert.deepEqual([...tried], ['192.168.7.0', '192.168.7.1', '192.168.7.2']);
  });
});

describe('a server that betrays', () => {
  it('can change what is said in a group', async (t) => {
    const scene = new Scene();
    await scene.serve();
    const people = [await scene.connect('ann'), await scene.connect('bob')] as const;
    await scene.gather('hall', people);
    const { append } = Groups.prototype;
    Groups.prototype.append = function (this: Groups, group, message) {
      return append.call(this, group, { ...message, text: 'I quit' });
    };
    t.after(() => {
      Groups.prototype.append = append;
    });
    const [ann, bob] = people;
    await scene.settle(ann.client.sendGroup('hall', 'I stay'));
    await scene.until(() => bob.heard.length > 0);
    assert.deepEqual(bob.heard, ['I quit']);
  });

  it('can give a name to another key before the first contact', async () => {
    const scene = new Scene();
    const names = new NamesStore();
    await scene.serve({ ...talkative, store: names.open() });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.until(() => ann.client.directory.has('bob'));
    const key = bob.client.directory.get('bob')?.key;
    await scene.settle(scene.server.close());
    await scene.settle(bob.client.close());
    names.forget();
    await scene.serve({ ...talkative, store: names.open() });
    const impostor = await scene.connect('bob');
    await scene.until(() => ann.client.directory.get('bob')?.key !== key);
    await scene.settle(ann.client.send('bob', 'for bob alone'));
    assert.deepEqual(impostor.heard, ['for bob alone']);
  });
});
