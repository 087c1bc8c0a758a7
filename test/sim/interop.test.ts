/** The scenarios of the QUIC interoperability tests, told of this protocol, in virtual time. */

import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import type { ServerOptions } from '../../core/index.ts';
import { datagramForm } from '../../core/protocol/packet.ts';
import { Disk } from '../core/client/disk.ts';
import { seeFrames, timesSent } from './frames-seen.ts';
import { Ledger } from './ledger.ts';
import { outcomes, type Person, Scene, serverHost, serverPort } from './scene.ts';

const impatient = { policy: { silenceMs: 2500 } };
const server = { host: serverHost, port: serverPort };
const box = '198.51.100.1';

describe('handshake loss', () => {
  test('keeps none of 50 clients out that call at once while 30 % is lost each way', async () => {
    const scene = new Scene({ loss: 0.3, delayMs: 15 });
    await scene.serve();
    const names = Array.from({ length: 50 }, (_, at) => `client-${at}`);
    const people = await scene.connectAll(names);
    assert.ok(people.every(({ client }) => client.connected));
    assert.ok(scene.network.now < 10_000, `it took ${scene.network.now} ms`);
  });
});

describe('transfer loss', () => {
  test('brings two megabytes to every member whole and in order through 5 % of loss', async () => {
    const { scene, ann, bob } = await twoInHall({ delayMs: 15 });
    scene.network.setFaults({ loss: 0.05, reordering: 0.05, duplication: 0.02, delayMs: 15 });
    const texts = Array.from({ length: 40 }, (_, at) => `${at} `.padEnd(50_000, '.'));
    const sent = outcomes(texts.map((text) => ann.client.sendGroup('hall', text)));
    assert.deepEqual(new Set(await scene.settle(sent)), new Set([undefined]));
    await scene.until(() => bob.heard.length === texts.length);
    assert.deepEqual(bob.heard, texts);
  });
});

describe('blackhole', () => {
  test('for two seconds parts nobody, and what was said meanwhile comes right after', async () => {
    const { scene, ann, bob } = await twoInHall({ delayMs: 15 });
    await scene.pass(500);
    scene.network.cut(serverHost);
    const sent = ann.client.sendGroup('hall', 'hello?');
    await scene.pass(2000);
    scene.network.mend(serverHost);
    await scene.settle(sent);
    const tookMs = await scene.until(() => bob.heard.length === 1);
    assert.ok(tookMs <= 500, `${tookMs} ms`);
    assert.deepEqual([ann.events, bob.events], [[], []]);
  });
});

for (const [what, next] of [
  ['port', box],
  ['address', '198.51.100.2'],
] as const) {
  describe(`rebind-${what}`, () => {
    test('of a box costs a member neither its connection nor a message', async () => {
      const scene = new Scene({ delayMs: 15 });
      await scene.serve(impatient);
      scene.network.addNat(box);
      scene.network.host('192.168.0.2', box);
      const ann = await scene.connect('ann');
      const bob = await scene.connect('bob', {}, '192.168.0.2');
      await scene.gather('hall', [ann, bob]);
      const texts = Array.from({ length: 20 }, (_, at) => `message ${at}`);
      const answers = texts.map((text) => `answer to ${text}`);
      const sent: Promise<unknown>[] = [];
      for (const [at, text] of texts.entries()) {
        if (at === 10) scene.network.rebind(box, next);
        sent.push(bob.client.sendGroup('hall', answers[at] ?? ''));
        sent.push(ann.client.sendGroup('hall', text));
        await scene.pass(50);
      }
      assert.deepEqual(new Set(await scene.settle(outcomes(sent))), new Set([undefined]));
      await scene.until(() => bob.heard.length === texts.length);
      assert.deepEqual([ann.heard, bob.heard], [answers, texts]);
      assert.deepEqual([ann.events, bob.events], [[], []]);
      await scene.until(() => ann.client.directory.get('bob')?.address.host === next);
    });
  });
}

describe('amplification limit', () => {
  test('holds for whoever forges senders of handshakes and of copied packets', async () => {
    const scene = new Scene({ delayMs: 15 });
    const { network } = scene;
    const ledger = new Ledger(network);
    await scene.serve(impatient);
    let forged = 0;
    // A copy of every datagram to the server overtakes it under another sender each time.
    network.watch((datagram, _, to) => {
      if (to.port !== serverPort) return;
      network.inject(datagram.slice(), { host: '203.0.113.9', port: ++forged }, server);
    });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    for (let at = 0; at < 40; at++) {
      await scene.settle(bob.client.sendGroup('hall', `message ${at}`));
      void ann.client.sendGroup('hall', '.'.repeat(1000)).catch(() => {});
    }
    await scene.until(() => ann.heard.length === 40 && bob.heard.length === 40);
    assert.ok(ledger.sentToNobody > 0, 'nobody was asked whether it is there');
    assert.deepEqual(ledger.violations, []);
    assert.deepEqual([ann.events, bob.events], [[], []]);
  });
});

describe('retry', () => {
  test('makes whoever calls prove its address before the server keeps anything of it', async () => {
    const scene = new Scene({ delayMs: 15 });
    const { network } = scene;
    await scene.serve();
    const forms: number[] = [];
    network.watch((datagram) => forms.push(datagram[0] ?? 0));
    const ann = await scene.connect('ann');
    assert.ok(ann.client.connected);
    const { hello, retry, init, response } = datagramForm;
    const order = [hello, retry, init, response].map((form) => forms.indexOf(form));
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
    const before = JSON.stringify(scene.server.snapshot());
    const spoofed = new Uint8Array(1200);
    spoofed.set([hello, 1, 1]);
    for (let port = 1; port <= 1000; port++) {
      network.inject(spoofed, { host: '203.0.113.9', port }, server);
    }
    await scene.pass(1000);
    assert.equal(JSON.stringify(scene.server.snapshot()), before);
    assert.ok(forms.filter((form) => form === retry).length >= 1000);
  });
});

describe('key update', () => {
  test('every two minutes goes unnoticed, also where packets are lost and reordered', async () => {
    const { scene, ann, bob } = await twoInHall({ delayMs: 15 });
    scene.network.setFaults({ loss: 0.1, reordering: 0.2, delayMs: 15, jitterMs: 10 });
    const phases: number[] = [];
    scene.network.watch((datagram, from) => {
      const [form = 0] = datagram;
      if (from.host !== ann.host || (form & datagramForm.data) === 0) return;
      const phase = (form >> 5) & 1;
      if (phases.at(-1) !== phase) phases.push(phase);
    });
    const texts = Array.from({ length: 250 }, (_, at) => `message ${at}`);
    for (const text of texts) {
      void ann.client.sendGroup('hall', text).catch(() => {});
      await scene.pass(2000);
    }
    await scene.until(() => bob.heard.length === texts.length);
    assert.deepEqual(bob.heard, texts);
    assert.deepEqual([ann.events, bob.events], [[], []]);
    assert.deepEqual(phases, [0, 1, 0, 1, 0]);
  });
});

describe('long RTT', () => {
  // The classic patience of 2.5 seconds and the usual one of ten.
  for (const [rttMs, options] of [
    [1000, impatient],
    [1500, {}],
  ] as const) {
    test(`of ${rttMs} ms is only slow: two ways to be heard, and nothing is sent twice`, async () => {
      const seen = seeFrames();
      try {
        const { scene, ann, bob } = await twoInHall({ delayMs: rttMs / 2 }, options);
        await scene.pass(10_000);
        const sent = timesSent(scene.network, seen);
        for (const text of ['one', 'two', 'three']) {
          void ann.client.sendGroup('hall', text).catch(() => {});
          const tookMs = await scene.until(() => bob.heard.at(-1) === text);
          assert.ok(tookMs <= rttMs + 10, `${tookMs} ms`);
          await scene.pass(5000);
        }
        assert.ok(sent.size >= 6, `${sent.size} frames`);
        assert.deepEqual(new Set(sent.values()), new Set([1]));
        assert.deepEqual([ann.events, bob.events], [[], []]);
      } finally {
        seen.stop();
      }
    });
  }
});

describe('multiplexing', () => {
  test('lets a lost packet hold up its own group only', async () => {
    const scene = new Scene({ delayMs: 15 });
    await scene.serve({ policy: { groupsPerClient: 40 }, limits: { groupsPerIdentity: 40 } });
    const people = await scene.connectAll(['ann', 'bob']);
    const [ann, bob] = people as [Person, Person];
    const groups = Array.from({ length: 40 }, (_, at) => `group-${at}`);
    for (const group of groups) await scene.gather(group, people);
    await scene.pass(1000);
    scene.network.cut(bob.host, 'in');
    await scene.settle(ann.client.sendGroup('group-0', 'lost at first'));
    await scene.pass(20);
    scene.network.mend(bob.host);
    for (const group of groups.slice(1)) void ann.client.sendGroup(group, group).catch(() => {});
    await scene.until(() => bob.heard.length === groups.length);
    assert.deepEqual(bob.heard.slice(0, 39).toSorted(), groups.slice(1).toSorted());
    assert.equal(bob.heard.at(-1), 'lost at first');
  });
});

describe('server restart', () => {
  test('in mid-stream, on its store, costs everybody a connection and nobody a message', async () => {
    const scene = new Scene({ delayMs: 15 });
    const disk = new Disk(scene.network.host('10.0.8.8'));
    await scene.serve({ ...impatient, store: disk.open() });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.gather('hall', [ann, bob]);
    const texts = Array.from({ length: 40 }, (_, at) => `message ${at}`);
    const sent: Promise<unknown>[] = [];
    for (const [at, text] of texts.entries()) {
      sent.push(ann.client.sendGroup('hall', text));
      await scene.pass(20);
      if (at !== 20) continue;
      scene.network.crash(serverHost);
      disk.crash();
      await scene.serve({ ...impatient, store: disk.open() });
    }
    assert.deepEqual(new Set(await scene.settle(outcomes(sent))), new Set([undefined]));
    await scene.until(() => bob.heard.length === texts.length);
    assert.deepEqual(bob.heard, texts);
    for (const { events } of [ann, bob]) assert.deepEqual(events, ['disconnected', 'reconnected']);
  });
});

/** A server, and ann and bob in a group of it. */
async function twoInHall(
  faults: { readonly delayMs: number },
  options: ServerOptions = impatient,
): Promise<{ readonly scene: Scene; readonly ann: Person; readonly bob: Person }> {
  const scene = new Scene(faults);
  await scene.serve(options);
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  return { scene, ann, bob };
}
