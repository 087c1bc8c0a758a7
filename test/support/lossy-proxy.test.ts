/** Proves that the proxy does the harm it says, no other, and the same again for the same seed. */

import assert from 'node:assert/strict';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Faults, LossyProxy } from './lossy-proxy.ts';

/** A target that answers every datagram with itself, behind a proxy, and a client before it. */
async function world(t: TestContext, toTarget: Faults, seed = 1): Promise<World> {
  const target = await bind(t);
  target.on('message', (datagram, from) => target.send(datagram, from.port, from.address));
  const { port } = target.address();
  const proxy = await LossyProxy.start({ target: { host: '127.0.0.1', port }, seed, toTarget });
  t.after(() => proxy.close());
  const client = await bind(t);
  const arrived: number[] = [];
  client.on('message', (datagram) => arrived.push(datagram[0] ?? -1));
  return { target, proxy, client, arrived };
}

interface World {
  readonly target: Socket;
  readonly proxy: LossyProxy;
  readonly client: Socket;
  /** First bytes of what came back, in order. */
  readonly arrived: readonly number[];
}

async function bind(t: TestContext): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return socket;
}

/** Sends datagrams numbered from 0, one after the other; resolves once every echo that must come has come. */
async function sendNumbered({ client, proxy, arrived }: World, count: number): Promise<void> {
  const { counts, address } = proxy;
  const started = counts.lost + counts.blackholed + arrived.length - counts.duplicated;
  for (let number = 0; number < count; number += 1) {
    const before = dealtWith(proxy);
    client.send(Uint8Array.of(number), address.port, address.host);
    await until(() => dealtWith(proxy) > before);
  }
  await until(
    () => counts.lost + counts.blackholed + arrived.length - counts.duplicated === started + count,
  );
}

function dealtWith({ counts }: LossyProxy): number {
  return counts.forwarded + counts.lost + counts.reordered + counts.blackholed;
}

/** Turns the event loop until `condition` holds, a million times at most. */
async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns += 1) {
    assert.ok(turns < 1_000_000, 'what the test waits for never came');
    await setImmediate();
  }
}

const numbers = Array.from({ length: 200 }, (_, number) => number);

test('passes everything in order when no fault is asked for', async (t) => {
  const there = await world(t, {});
  await sendNumbered(there, 200);
  assert.deepEqual(there.arrived, numbers);
  assert.equal(there.proxy.counts.forwarded, 400);
});

test('loses the same datagrams again for the same seed', async (t) => {
  const [one, two, other] = [
    await world(t, { loss: 0.3 }, 1),
    await world(t, { loss: 0.3 }, 1),
    await world(t, { loss: 0.3 }, 2),
  ];
  for (const there of [one, two, other]) await sendNumbered(there, 200);
  assert.deepEqual(one.arrived, two.arrived);
  assert.notDeepEqual(one.arrived, other.arrived);
  assert.equal(one.arrived.length, 200 - one.proxy.counts.lost);
  assert.ok(one.proxy.counts.lost > 30 && one.proxy.counts.lost < 90);
});

test('doubles datagrams without moving them', async (t) => {
  const there = await world(t, { duplication: 0.3 });
  await sendNumbered(there, 200);
  assert.equal(there.arrived.length, 200 + there.proxy.counts.duplicated);
  assert.ok(there.proxy.counts.duplicated > 30);
  assert.deepEqual([...new Set(there.arrived)], numbers);
});

test('moves a datagram behind at most three later ones and loses none', async (t) => {
  const there = await world(t, { reordering: 0.3 });
  await sendNumbered(there, 200);
  const sorted = there.arrived.toSorted((a, b) => a - b);
  assert.deepEqual(sorted, numbers);
  assert.notDeepEqual(there.arrived, numbers);
  assert.ok(there.arrived.every((number, place) => place - number <= 3));
});

test('lets go of the last datagram although none follows', async (t) => {
  const there = await world(t, { reordering: 1 });
  await sendNumbered(there, 1);
  assert.deepEqual(there.arrived, [0]);
  assert.equal(there.proxy.counts.reordered, 1);
});

test('keeps the order of delayed datagrams', async (t) => {
  const there = await world(t, { delayMs: 5 });
  await sendNumbered(there, 50);
  assert.deepEqual(there.arrived, numbers.slice(0, 50));
});

test('swallows everything in a blackhole and nothing after it', async (t) => {
  const there = await world(t, {});
  there.proxy.blackhole();
  await sendNumbered(there, 10);
  assert.deepEqual(there.arrived, []);
  assert.equal(there.proxy.counts.blackholed, 10);
  there.proxy.restore();
  await sendNumbered(there, 3);
  assert.deepEqual(there.arrived, [0, 1, 2]);
});

test('shows the target another address for each client', async (t) => {
  const there = await world(t, {});
  const second = await bind(t);
  const origins = new Set<number>();
  there.target.on('message', (_, from) => origins.add(from.port));
  const { host, port } = there.proxy.address;
  second.send(Uint8Array.of(1), port, host);
  there.client.send(Uint8Array.of(2), port, host);
  await until(() => origins.size === 2);
  assert.equal(origins.size, 2);
});

test('moves a client to another port when it is rebound, and loses what goes to the old one', async (t) => {
  const there = await world(t, {});
  const origins: { readonly address: string; readonly port: number }[] = [];
  there.target.on('message', (_, { address, port }) => origins.push({ address, port }));
  await sendNumbered(there, 2);
  await there.proxy.rebind('127.0.0.1');
  await sendNumbered(there, 1);
  const [first, , second] = origins;
  assert.ok(first && second);
  assert.notEqual(first.port, second.port);
  there.target.send(Uint8Array.of(9), first.port, first.address);
  await sendNumbered(there, 1);
  assert.deepEqual(there.arrived, [0, 1, 0, 0]);
});

test('shows processes that have joined to each other by the addresses in front of them', async (t) => {
  const proxy = new LossyProxy({ seed: 1 });
  t.after(() => proxy.close());
  const [ann, bob] = [await bind(t), await bind(t)];
  const fronts = [];
  for (const socket of [ann, bob]) {
    fronts.push(await proxy.join({ host: '127.0.0.1', port: socket.address().port }));
  }
  const [annFront, bobFront] = fronts;
  assert.ok(annFront && bobFront);
  const heard = once(bob, 'message');
  ann.send(Uint8Array.of(1), bobFront.port, bobFront.host);
  const [, from] = await heard;
  assert.equal(from.port, annFront.port);
});

test('shows every datagram to whoever watches, and injects others past all faults', async (t) => {
  const there = await world(t, { loss: 1 });
  const seen: number[] = [];
  const client = { host: '127.0.0.1', port: there.client.address().port };
  there.proxy.watch((datagram, from) => {
    if (from.port === client.port) seen.push(datagram[0] ?? -1);
  });
  await sendNumbered(there, 3);
  assert.deepEqual(seen, [0, 1, 2]);
  const target = { host: '127.0.0.1', port: there.target.address().port };
  there.proxy.inject(Uint8Array.of(7), client, target);
  await until(() => there.arrived.length === 1);
  assert.deepEqual(there.arrived, [7]);
});
