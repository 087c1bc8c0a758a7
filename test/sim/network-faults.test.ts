/** What a simulated network promises about boxes, attackers, clocks and narrow paths. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { SimulatedNetwork } from '../../core/net/simulated.ts';
import type { Faults } from '../../core/net/simulated-faults.ts';
import type { NatFiltering } from '../../core/net/simulated-nat.ts';
import type { Environment, Transport } from '../../core/net/transport.ts';
import type { Address } from '../../core/protocol/address.ts';

const box = '198.51.100.1';

/** A socket and what came to it. */
interface Socket {
  readonly environment: Environment;
  readonly transport: Transport;
  readonly arrivals: { readonly text: string; readonly from: Address; readonly at: number }[];
}

describe('a path', () => {
  test('loses what is longer than it takes, and nothing else', async () => {
    const network = new SimulatedNetwork({ seed: 1, faults: { mtuBytes: 5 } });
    const [here, there] = [await open(network, '10.0.0.1'), await open(network, '10.0.0.2')];
    send(here, '12345', there.transport.localAddress);
    send(here, '123456', there.transport.localAddress);
    await network.run(1);
    assert.deepEqual(textsOf(there), ['12345']);
    assert.equal(network.counts.tooLong, 1);
  });

  test('stands still now and then, and then brings everything in order', async () => {
    const network = new SimulatedNetwork({ seed: 1, faults: { spikes: 0.02, delayMs: 5 } });
    const [here, there] = [await open(network, '10.0.0.1'), await open(network, '10.0.0.2')];
    const sentAt: number[] = [];
    for (let at = 0; at < 500; at++) {
      sentAt.push(network.now);
      send(here, String(at), there.transport.localAddress);
      await network.run(network.now + 10);
    }
    await network.run(network.now + 1000);
    assert.deepEqual(
      textsOf(there),
      sentAt.map((_, at) => String(at)),
    );
    const delays = there.arrivals.map(({ at }, index) => at - (sentAt[index] ?? 0));
    assert.ok(Math.max(...delays) > 100 && Math.max(...delays) <= 805, `${Math.max(...delays)}`);
    assert.equal(Math.min(...delays), 5);
    assert.ok(network.counts.spiked > 0);
  });
});

describe('a box', () => {
  test('shows one public port for each socket behind it, whoever it talks to', async () => {
    const { inside, outside, other } = await behindBox('none');
    for (const socket of [outside, other]) send(inside, 'hello', socket.transport.localAddress);
    await inside.pass();
    const [first, second] = [outside, other].map(({ arrivals }) => arrivals[0]?.from);
    assert.equal(first?.host, box);
    assert.deepEqual(first, second);
    send(outside, 'answer', first ?? inside.transport.localAddress);
    await inside.pass();
    assert.deepEqual(textsOf(inside), ['answer']);
  });

  test('lets strangers in, or only who was written to, as it is told', async () => {
    for (const [filtering, heard] of [
      ['none', ['psst']],
      ['address', []],
    ] as const) {
      const { inside, outside, other, network } = await behindBox(filtering);
      send(inside, 'hello', outside.transport.localAddress);
      await inside.pass();
      const publicAddress = outside.arrivals[0]?.from ?? inside.transport.localAddress;
      send(other, 'psst', publicAddress);
      await inside.pass();
      assert.deepEqual(textsOf(inside), heard);
      assert.equal(network.counts.filtered, 1 - heard.length);
      // Who is written to is let in: the way to make a hole.
      send(inside, 'knock', other.transport.localAddress);
      send(other, 'again', publicAddress);
      await inside.pass();
      assert.equal(textsOf(inside).at(-1), 'again');
    }
  });

  test('hides its machines: nobody outside reaches their own addresses, neighbours do', async () => {
    const { inside, outside, network } = await behindBox('none');
    const neighbour = await open(network, '192.168.0.3', box);
    send(outside, 'hello', inside.transport.localAddress);
    send(neighbour, 'hi', inside.transport.localAddress);
    await inside.pass();
    assert.deepEqual(textsOf(inside), ['hi']);
    assert.deepEqual(inside.arrivals[0]?.from, neighbour.transport.localAddress);
  });

  test('that maps anew sends from another port, or address, and forgets the old one', async () => {
    const { inside, outside, network } = await behindBox('none');
    send(inside, 'one', outside.transport.localAddress);
    await inside.pass();
    network.rebind(box);
    send(inside, 'two', outside.transport.localAddress);
    await inside.pass();
    network.rebind(box, '198.51.100.2');
    send(inside, 'three', outside.transport.localAddress);
    await inside.pass();
    const [first, second, third] = outside.arrivals.map(({ from }) => from);
    assert.equal(first?.host, second?.host);
    assert.notEqual(first?.port, second?.port);
    assert.equal(third?.host, '198.51.100.2');
    for (const old of [first, second]) send(outside, 'lost', old ?? { host: box, port: 1 });
    await inside.pass();
    assert.deepEqual(textsOf(inside), []);
    assert.equal(network.counts.rebound, 2);
  });
});

describe('an attacker', () => {
  test('makes datagrams up and repeats real ones, as often as told, and stops none', async () => {
    const { arrivals, counts } = await attacked({ forgery: 0.2, replay: 0.2, delayMs: 10 });
    const real = arrivals.filter(({ text }) => text.startsWith('real'));
    const texts = new Set(real.map(({ text }) => text));
    for (let at = 0; at < 1000; at++) assert.ok(texts.has(`real ${at}`), `real ${at}`);
    const { forged, mutated, replayed, replayedElsewhere } = counts;
    for (const count of [forged + mutated, replayed + replayedElsewhere]) {
      assert.ok(Math.abs(count - 200) < 60, `${count}`);
    }
    for (const count of [forged, mutated, replayed, replayedElsewhere]) assert.ok(count > 20);
    assert.ok(real.some(({ from }) => from.host !== '10.0.0.1'));
  });

  test('overtakes some datagrams with copies from elsewhere', async () => {
    const { arrivals } = await attacked({ replay: 0.2, delayMs: 10 });
    const first = new Map<string, Address>();
    for (const { text, from } of arrivals) if (!first.has(text)) first.set(text, from);
    assert.ok([...first.values()].some(({ host }) => host !== '10.0.0.1'));
  });
});

describe('a machine', () => {
  test('that sleeps has a clock that stands and timers that wait; a stopped process has not', async () => {
    for (const [clock, now, firedAt] of [
      ['runs', 1100, 1000],
      ['stands', 600, 1500],
    ] as const) {
      const network = new SimulatedNetwork({ seed: 1 });
      const environment = network.host('10.0.0.1');
      const fired: number[] = [];
      environment.setTimer(() => fired.push(network.now), 1000);
      environment.setTimer(() => fired.push(network.now), 1200);
      await network.run(300);
      network.pause('10.0.0.1', clock);
      await network.run(800);
      network.resume('10.0.0.1');
      await network.run(1100);
      assert.equal(environment.now(), now);
      await network.run(5000);
      assert.deepEqual(fired, [firedAt, firedAt + 200]);
    }
  });

  test('whose wall clock jumps keeps its monotonic one', async () => {
    const network = new SimulatedNetwork({ seed: 1 });
    const environment = network.host('10.0.0.1');
    const before = environment.wallClockMs();
    network.jump('10.0.0.1', -3_600_000);
    await network.run(1000);
    assert.equal(environment.wallClockMs() - before, -3_599_000);
    assert.equal(environment.now(), 1000);
  });

  test('can die between two datagrams of one breath', async () => {
    const network = new SimulatedNetwork({ seed: 1 });
    const [here, there] = [await open(network, '10.0.0.1'), await open(network, '10.0.0.2')];
    network.crashAfterSends('10.0.0.1', 2);
    for (const text of ['one', 'two', 'three', 'four']) {
      send(here, text, there.transport.localAddress);
    }
    await network.run(1);
    assert.deepEqual(textsOf(there), ['one', 'two']);
    assert.equal(network.counts.crashed, 1);
  });
});

async function open(network: SimulatedNetwork, host: string, behind?: string): Promise<Socket> {
  const environment = network.host(host, behind);
  const arrivals: Socket['arrivals'] = [];
  const onDatagram = (datagram: Uint8Array, from: Address): void => {
    arrivals.push({ text: Buffer.from(datagram).toString('latin1'), from, at: network.now });
  };
  const opened = environment.open({ host: undefined, port: 0, onDatagram });
  return { environment, transport: await network.settle(opened, 1), arrivals };
}

function send({ transport }: Socket, text: string, to: Address): void {
  transport.send(Buffer.from(text, 'latin1'), to);
}

function textsOf({ arrivals }: Socket): readonly string[] {
  return arrivals.map(({ text }) => text);
}

/** A machine behind a box and two outside. */
async function behindBox(filtering: NatFiltering): Promise<{
  readonly network: SimulatedNetwork;
  readonly inside: Socket & { readonly pass: () => Promise<void> };
  readonly outside: Socket;
  readonly other: Socket;
}> {
  const network = new SimulatedNetwork({ seed: 1, faults: { delayMs: 1 } });
  network.addNat(box, filtering);
  const inside = await open(network, '192.168.0.2', box);
  const pass = (): Promise<void> => network.run(network.now + 10);
  return {
    network,
    inside: { ...inside, pass },
    outside: await open(network, '10.0.0.1'),
    other: await open(network, '10.0.0.2'),
  };
}

/** What arrives of a thousand datagrams where somebody attacks. */
async function attacked(
  faults: Faults,
): Promise<Pick<Socket, 'arrivals'> & Pick<SimulatedNetwork, 'counts'>> {
  const network = new SimulatedNetwork({ seed: 1, faults });
  const [here, there] = [await open(network, '10.0.0.1'), await open(network, '10.0.0.2')];
  for (let at = 0; at < 1000; at++) {
    send(here, `real ${at}`, there.transport.localAddress);
    await network.run(network.now + 1);
  }
  await network.run(network.now + 1000);
  return { arrivals: there.arrivals, counts: network.counts };
}
