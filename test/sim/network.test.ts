/** The simulated network itself: what it promises to those who build worlds on it. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { SimulatedNetwork } from '../../core/net/simulated.ts';
import type { Faults } from '../../core/net/simulated-faults.ts';
import type { Environment, Transport } from '../../core/net/transport.ts';

const [here, there] = ['10.0.0.1', '10.0.0.2'];
const port = 5000;

describe('a simulated network', () => {
  test('brings datagrams in order after their delay where it has no faults', async () => {
    const { network, send, arrivals } = await pair({ delayMs: 30, jitterMs: 20 });
    for (let at = 0; at < 50; at++) send(at);
    await network.run(29.9);
    assert.deepEqual(arrivals, []);
    await network.run(50);
    assert.deepEqual(
      arrivals,
      Array.from({ length: 50 }, (_, at) => at),
    );
  });

  test('loses, doubles and reorders about as many as it is told, and counts each', async () => {
    const { network, send, arrivals } = await pair({
      loss: 0.2,
      duplication: 0.1,
      reordering: 0.1,
    });
    for (let at = 0; at < 5000; at++) {
      send(at % 250);
      await network.run(network.now + 5);
    }
    await network.run(network.now + 1000);
    const { sent, delivered, lost, duplicated, reordered } = network.counts;
    assert.equal(sent, 5000);
    assert.equal(delivered, sent - lost + duplicated);
    assert.equal(arrivals.length, delivered);
    assert.ok(Math.abs(lost - 1000) < 150, `${lost} lost`);
    assert.ok(Math.abs(duplicated - 400) < 100, `${duplicated} duplicated`);
    assert.ok(reordered > 200, `${reordered} reordered`);
  });

  test('loses in bursts what follows a loss closely', async () => {
    const { network, send } = await pair({ burstLoss: 0.01 });
    for (let at = 0; at < 5000; at++) {
      send(at % 250);
      await network.run(network.now + 5);
    }
    const { lost, burstLost } = network.counts;
    assert.ok(burstLost > 5 * lost, `${burstLost} after ${lost}`);
  });

  test('does the same again for the same seed, and something else for another', async () => {
    const faults = { loss: 0.3, duplication: 0.2, reordering: 0.2, delayMs: 5, jitterMs: 10 };
    const arrivalsOf = async (seed: number): Promise<readonly number[]> => {
      const { network, send, arrivals } = await pair(faults, seed);
      for (let at = 0; at < 200; at++) send(at);
      await network.run(1000);
      return arrivals;
    };
    assert.deepEqual(await arrivalsOf(1), await arrivalsOf(1));
    assert.notDeepEqual(await arrivalsOf(1), await arrivalsOf(2));
  });

  test('swallows what a machine that is cut off sends, is sent, or both', async () => {
    for (const [way, toCut, fromCut] of [
      ['in', 0, 1],
      ['out', 1, 0],
      ['both', 0, 0],
    ] as const) {
      const { network, send, sendBack, arrivals, arrivalsBack } = await pair({});
      network.cut(there, way);
      send(1);
      sendBack(2);
      await network.run(10);
      assert.deepEqual([arrivals.length, arrivalsBack.length], [toCut, fromCut]);
      network.mend(there);
      send(3);
      await network.run(20);
      assert.equal(arrivals.at(-1), 3);
    }
  });

  test('ends timers, sockets and promises of a machine that crashes, and lets it start again', async () => {
    const { network, send, arrivals, environmentThere } = await pair({ delayMs: 10 });
    const happened: string[] = [];
    environmentThere.setTimer(() => happened.push('timer'), 5);
    environmentThere.soon(() => happened.push('soon'));
    send(1);
    network.crash(there);
    const opened = environmentThere.open({ host: undefined, port, onDatagram: () => {} });
    await assert.rejects(network.settle(opened, 1000), { code: 'TIMED_OUT' });
    assert.deepEqual([happened, arrivals], [[], []]);
    const again: number[] = [];
    await network.settle(
      network.host(there).open({
        host: undefined,
        port,
        onDatagram: ([first]) => again.push(first ?? -1),
      }),
      1000,
    );
    send(2);
    await network.run(network.now + 10);
    assert.deepEqual(again, [2]);
  });

  test('keeps what comes to a paused machine, as much as a socket holds, until it goes on', async () => {
    const { network, send, arrivals, environmentThere } = await pair({});
    const happened: string[] = [];
    network.pause(there);
    environmentThere.setTimer(() => happened.push('timer'), 5);
    for (let at = 0; at < 5000; at++) send(at % 250);
    await network.run(1000);
    assert.deepEqual([happened, arrivals], [[], []]);
    network.resume(there);
    await network.run(1000);
    assert.deepEqual(happened, ['timer']);
    assert.equal(arrivals.length, 4096);
    assert.equal(network.counts.overflowed, 5000 - 4096);
  });

  test('gives every process a clock that begins with it', async () => {
    const network = new SimulatedNetwork({ seed: 1 });
    const first = network.host(here);
    await network.run(1000);
    const second = network.host(there);
    assert.deepEqual([first.now(), second.now()], [1000, 0]);
    assert.equal(first.wallClockMs(), second.wallClockMs());
  });

  test('gives up on a promise that nothing settles in time', async () => {
    const network = new SimulatedNetwork({ seed: 1 });
    await assert.rejects(network.settle(new Promise(() => {}), 1000), { code: 'TIMED_OUT' });
  });
});

interface Pair {
  readonly network: SimulatedNetwork;
  readonly environmentThere: Environment;
  readonly send: (byte: number) => void;
  readonly sendBack: (byte: number) => void;
  readonly arrivals: readonly number[];
  readonly arrivalsBack: readonly number[];
}

/** Two machines with a socket each, and what arrives at them as single bytes. */
async function pair(faults: Faults, seed = 1): Promise<Pair> {
  const network = new SimulatedNetwork({ seed, faults });
  const arrivals: number[] = [];
  const arrivalsBack: number[] = [];
  const environmentThere = network.host(there);
  const open = (environment: Environment, taken: number[]): Promise<Transport> => {
    const onDatagram = ([first]: Uint8Array): unknown => taken.push(first ?? -1);
    return network.settle(environment.open({ host: undefined, port, onDatagram }), 1);
  };
  const atHere = await open(network.host(here), arrivalsBack);
  const atThere = await open(environmentThere, arrivals);
  return {
    network,
    environmentThere,
    send: (byte) => atHere.send(Uint8Array.of(byte), { host: there, port }),
    sendBack: (byte) => atThere.send(Uint8Array.of(byte), { host: here, port }),
    arrivals,
    arrivalsBack,
  };
}
