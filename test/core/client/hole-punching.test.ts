/** Private messages between clients behind boxes that let in only whom they were sent to. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Environment } from '../../../core/net/transport.ts';
import { type Person, Scene } from '../../sim/scene.ts';

const boxes = { ann: '198.51.100.1', bob: '203.0.113.1' };

/** The same world, whose timers that run are in a set. */
function withTimers(environment: Environment, timers: Set<symbol>): Environment {
  return {
    ...environment,
    setTimer: (callback, delayMs) => {
      const timer = Symbol('timer');
      timers.add(timer);
      const cancel = environment.setTimer(() => {
        timers.delete(timer);
        callback();
      }, delayMs);
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
}

/**
 * Ann and Bob, each behind a box of their own that lets in nobody who was not sent to.
 * @param timers where the running timers of Ann are noted
 */
async function behindBoxes(
  timers: Set<symbol> = new Set(),
): Promise<{ scene: Scene; ann: Person; bob: Person }> {
  const scene = new Scene({ delayMs: 15 });
  await scene.serve();
  const people: Person[] = [];
  for (const [name, host, box] of [
    ['Ann', '192.168.0.2', boxes.ann],
    ['Bob', '192.168.7.2', boxes.bob],
  ] as const) {
    scene.network.addNat(box, 'address');
    const environment = scene.network.host(host, box);
    const noted = name === 'Ann' ? withTimers(environment, timers) : environment;
    people.push(await scene.connect(name, { environment: noted }, host));
  }
  const [ann, bob] = people;
  if (ann === undefined || bob === undefined) throw new Error('nobody came');
  await scene.until(() => ann.client.directory.has('Bob'));
  return { scene, ann, bob };
}

/** Data packets that go from one box to the other from now on. */
function countDirect(scene: Scene): () => number {
  let count = 0;
  const hosts: readonly string[] = Object.values(boxes);
  scene.network.watch((datagram, from, to) => {
    const isDirect = hosts.includes(from.host) && hosts.includes(to.host);
    // A challenge has 38 bytes.
    if (isDirect && datagram.length > 38) count++;
  });
  return () => count;
}

describe('two clients behind boxes of their own', () => {
  it('write directly after the first message, which the server has relayed', async () => {
    const { scene, ann, bob } = await behindBoxes();
    const direct = countDirect(scene);
    await scene.settle(ann.client.send('Bob', 'first'));
    await scene.pass(1000);
    const before = direct();
    await scene.settle(ann.client.send('Bob', 'second'));
    await scene.settle(bob.client.send('Ann', 'third'));
    assert.ok(direct() > before);
    assert.deepEqual([bob.heard, ann.heard], [['first', 'second'], ['third']]);
  });

  it('leave no timer behind when one is closed that had just lost the direct way', async () => {
    const timers = new Set<symbol>();
    const { scene, ann, bob } = await behindBoxes(timers);
    await scene.settle(ann.client.send('Bob', 'first'));
    await scene.pass(1000);
    scene.network.rebind(boxes.bob);
    const sent = assert.rejects(ann.client.send('Bob', 'second'), { code: 'CLOSED' });
    // Three probes in vain: the relay is tried, and the direct way is to be looked for again.
    await scene.pass(1500);
    assert.ok(timers.size > 0);
    await scene.settle(ann.client.close());
    await sent;
    assert.equal(timers.size, 0);
    assert.deepEqual(bob.heard, ['first']);
  });

  it('go on by the server when a box has forgotten the way between them, once and in order', async () => {
    const { scene, ann, bob } = await behindBoxes();
    await scene.settle(ann.client.send('Bob', 'first'));
    await scene.pass(1000);
    scene.network.rebind(boxes.bob);
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
    const sent: Promise<unknown>[] = [];
    for (const text of texts) {
      sent.push(ann.client.send('Bob', text));
      // Nobody reaches Bob at all before he has said something to somebody.
      sent.push(bob.client.listGroups());
      await scene.pass(100);
    }
    await scene.settle(Promise.all(sent));
    assert.deepEqual(bob.heard, ['first', ...texts]);
    assert.deepEqual([ann.events, bob.events], [[], []]);
  });
});
