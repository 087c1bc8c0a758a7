/** Private messages to whoever is absent: kept at the server, and shown once (docs/PROTOCOL.md §9). */

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { PrivateMessage, Stored } from '../../../core/chat/types.ts';
import { type Person, Scene } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { Disk } from './disk.ts';
import { codeOf } from './world.ts';

const talkative = { policy: { privateInGroup: true, silenceMs: 2500 } };

/** A server on a disk that outlives it, ann who is there, and bob who has been. */
class Absence {
  readonly scene = new Scene();
  readonly disk = new Disk(this.scene.network.host('10.0.9.9'));
  readonly #folder: string;
  readonly #people: Person[] = [];

  private constructor(t: TestContext) {
    this.#folder = mkdtempSync(join(temporaryHome(t).path, 'people-'));
  }

  static async begin(t: TestContext): Promise<{ story: Absence; ann: Person }> {
    const story = new Absence(t);
    await story.serve();
    const ann = await story.join('ann');
    const bob = await story.join('bob');
    await story.scene.until(() => ann.client.directory.has('bob'));
    await story.scene.settle(bob.client.close());
    await story.scene.until(() => ann.client.directory.get('bob')?.online === false);
    return { story, ann };
  }

  async serve(): Promise<void> {
    await this.scene.serve({ ...talkative, store: this.disk.open() });
  }

  /** The next process of somebody, on a machine of its own. */
  async join(name: string): Promise<Person> {
    const person = await this.scene.connect(name, { dataDir: join(this.#folder, name) });
    this.#people.push(person);
    return person;
  }

  /** A machine dies. */
  crash({ host }: Person): void {
    this.scene.network.crash(host);
  }

  /** The server dies, and comes back with what is on its disk. */
  async restart(): Promise<void> {
    this.scene.network.crash('10.0.0.1');
    this.disk.crash();
    await this.serve();
  }
}

function leave({ client }: Person, text: string): Promise<unknown> {
  return client.send('bob', text);
}

/** What somebody is told of messages that they have left. */
function outcomesOf({ client }: Person): string[] {
  const outcomes: string[] = [];
  client.on('privateMessageDelivered', ({ to, mid }) => outcomes.push(`${to} has ${mid}`));
  client.on('privateMessageLost', ({ to, reason }) => outcomes.push(`${to}: ${reason}`));
  return outcomes;
}

describe('a private message to somebody absent', () => {
  it('is kept, shown when they are back, and its sender hears of both', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const outcomes = outcomesOf(ann);
    const beganAt = story.scene.network.now;
    const receipt = (await story.scene.settle(leave(ann, 'until Monday'))) as Stored;
    // Nobody waits for an answer of who is known to be away.
    assert.ok(story.scene.network.now - beganAt < 200);
    const { mid } = receipt;
    assert.deepEqual(receipt, { type: 'stored', mid, to: 'bob', durable: true });
    await story.scene.pass(60_000);
    assert.deepEqual(outcomes, []);
    const told: PrivateMessage[] = [];
    const bob = await story.join('bob');
    bob.client.on('privateMessageReceived', (message) => told.push(message));
    await story.scene.until(() => outcomes.length > 0);
    assert.deepEqual(outcomes, [`bob has ${mid}`]);
    const [message] = told;
    assert.deepEqual([message?.from, message?.text, message?.kept], ['ann', 'until Monday', true]);
    assert.ok((message?.sentAtMs ?? 0) > 0);
  });

  it('is kept in order, many of them, and the next one goes directly', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const texts = Array.from({ length: 50 }, (_, at) => `${at} ${'x'.repeat(at * 100)}`);
    await story.scene.settle(Promise.all(texts.map((text) => leave(ann, text))));
    const bob = await story.join('bob');
    await story.scene.until(() => bob.heard.length === 50);
    assert.deepEqual(bob.heard, texts);
    const last = await story.scene.settle(ann.client.send('bob', 'live'));
    assert.equal(last.type, 'delivered');
  });

  it('goes directly, and not at all, if its sender does not want it kept', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const sent = ann.client.send('bob', 'for your eyes', { store: false });
    assert.equal(await story.scene.settle(codeOf(sent)), 'PEER_UNREACHABLE');
    const bob = await story.join('bob');
    await story.scene.pass(5000);
    assert.deepEqual(bob.heard, []);
  });

  it('is not kept by a server that keeps none, which says so in its welcome', async () => {
    const scene = new Scene();
    await scene.serve({ policy: { ...talkative.policy, mailbox: false } });
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.until(() => ann.client.directory.has('bob'));
    await scene.settle(bob.client.close());
    assert.equal(ann.client.policy.mailbox, false);
    const sent = ann.client.send('bob', 'hello');
    assert.equal(await scene.settle(codeOf(sent)), 'PEER_UNREACHABLE');
  });

  it('is kept once nobody answers and the server has looked', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const bob = await story.join('bob');
    await story.scene.until(() => ann.client.directory.get('bob')?.online === true);
    story.crash(bob);
    const receipt = await story.scene.settle(ann.client.send('bob', 'are you there?'));
    assert.equal(receipt.type, 'stored');
    const again = await story.join('bob');
    await story.scene.until(() => again.heard.length > 0);
    assert.deepEqual(again.heard, ['are you there?']);
  });

  it('goes directly when they came back meanwhile, and our view did not know', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const sent: ReturnType<typeof ann.client.send>[] = [];
    story.scene.server.on('fact', (fact) => {
      if (fact.type !== 'clientRegistered') return;
      assert.equal(ann.client.directory.get('bob')?.online, false);
      for (const text of ['1', '2', '3']) sent.push(ann.client.send('bob', text));
    });
    const bob = await story.join('bob');
    const receipts = await story.scene.settle(Promise.all(sent));
    assert.deepEqual(
      receipts.map(({ type }) => type),
      ['delivered', 'delivered', 'delivered'],
    );
    assert.deepEqual(bob.heard, ['1', '2', '3']);
  });

  it('is not overtaken by the next one, whenever our view learns that they are back', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const texts = Array.from({ length: 300 }, (_, at) => `${at}`);
    const { setTimer } = story.scene.network.host('10.0.9.8');
    const sent: ReturnType<typeof ann.client.send>[] = [];
    story.scene.server.on('fact', ({ type }) => {
      if (type !== 'clientRegistered') return;
      for (const [at, text] of texts.entries()) {
        setTimer(() => sent.push(ann.client.send('bob', text)), at);
      }
    });
    const bob = await story.join('bob');
    await story.scene.until(() => sent.length === texts.length);
    assert.equal(ann.client.directory.get('bob')?.online, true);
    const receipts = await story.scene.settle(Promise.all(sent));
    assert.ok(receipts.every(({ type }) => type === 'delivered'));
    assert.deepEqual(bob.heard, texts);
  });

  it('is refused when a mailbox is full', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const sent = Array.from({ length: 100 }, (_, at) => leave(ann, `${at}`));
    await story.scene.settle(Promise.all(sent));
    assert.equal(await story.scene.settle(codeOf(leave(ann, 'too many'))), 'MAILBOX_FULL');
  });

  it('is not sent to another key than the pinned one, nor taken from one', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const bob = await story.join('bob');
    await story.scene.until(() => ann.client.directory.get('bob')?.online === true);
    await story.scene.settle(ann.client.send('bob', 'first contact'));
    await story.scene.settle(bob.client.close());
    const key = ann.client.directory.get('bob')?.key ?? assert.fail();
    await story.scene.until(() => ann.client.directory.get('bob')?.online === false);
    Object.assign(ann.client.directory.get('bob') ?? {}, { key: key.replace(/^../, 'ff') });
    assert.equal(await story.scene.settle(codeOf(leave(ann, 'to whom?'))), 'PEER_KEY_CHANGED');
  });

  it('is held back in a group like any other', async () => {
    const scene = new Scene();
    await scene.serve();
    const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
    await scene.settle(bob.client.createGroup('hall'));
    await scene.settle(bob.client.joinGroup('hall'));
    await scene.until(() => ann.client.directory.has('bob'));
    scene.network.cut(bob.host);
    await scene.until(() => ann.client.directory.get('bob')?.online === false);
    assert.equal((await scene.settle(ann.client.send('bob', 'psst'))).type, 'stored');
    const told: PrivateMessage[] = [];
    bob.client.on('privateMessageReceived', (message) => told.push(message));
    const held: string[] = [];
    bob.client.on('privateMessageHeldBack', (from) => held.push(from));
    scene.network.mend(bob.host);
    await scene.until(() => held.length > 0);
    assert.deepEqual([held, told.length], [['ann'], 0]);
    await scene.settle(bob.client.leaveGroup('hall'));
    assert.deepEqual(
      told.map(({ text, heldBack, kept }) => [text, heldBack, kept]),
      [['psst', true, true]],
    );
  });
});

describe('a message that is kept is shown once', () => {
  it('though its recipient dies between showing it and the server hearing of that', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const outcomes = outcomesOf(ann);
    await story.scene.settle(leave(ann, 'once'));
    const bob = await story.join('bob');
    bob.client.on('privateMessageReceived', () => story.scene.network.cut(bob.host));
    await story.scene.until(() => bob.heard.length > 0);
    story.crash(bob);
    const again = await story.join('bob');
    await story.scene.until(() => outcomes.length > 0);
    assert.deepEqual([bob.heard, again.heard, outcomes.length], [['once'], [], 1]);
  });

  it('though its sender tried both ways, and the answer to neither came', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const bob = await story.join('bob');
    await story.scene.until(() => ann.client.directory.get('bob')?.online === true);
    await story.scene.settle(ann.client.send('bob', 'hello'));
    // What bob hears he cannot answer any more.
    bob.client.on('privateMessageReceived', () => story.scene.network.cut(bob.host));
    const receipt = story.scene.settle(ann.client.send('bob', 'both ways'));
    assert.equal((await receipt).type, 'stored');
    story.scene.network.mend(bob.host);
    const outcomes = outcomesOf(ann);
    await story.scene.until(() => outcomes.length > 0);
    assert.deepEqual(bob.heard, ['hello', 'both ways']);
    story.crash(bob);
    const again = await story.join('bob');
    await story.scene.pass(5000);
    assert.deepEqual(again.heard, []);
  });

  it('though the server dies between any two steps, and its sender asks again', async (t) => {
    for (let step = 0; step < 40; step++) {
      const { story, ann } = await Absence.begin(t);
      const outcomes = outcomesOf(ann);
      const sent = leave(ann, 'through it all');
      await story.scene.pass(step * 2);
      await story.restart();
      assert.equal(((await story.scene.settle(sent)) as Stored).type, 'stored', `step ${step}`);
      const bob = await story.join('bob');
      await story.scene.pass(step);
      await story.restart();
      await story.scene.until(() => outcomes.length > 0 && bob.heard.length > 0);
      await story.scene.pass(3000);
      assert.deepEqual([bob.heard, outcomes.length], [['through it all'], 1], `step ${step}`);
      const { envelopes, outcomes: kept } = await story.disk.load();
      assert.deepEqual([envelopes, kept], [[], []], `step ${step}`);
    }
  });

  it('and after a crash of its sender, whose next process hears that it was delivered', async (t) => {
    const { story, ann } = await Absence.begin(t);
    const { mid } = (await story.scene.settle(leave(ann, 'posthumous'))) as Stored;
    story.crash(ann);
    const bob = await story.join('bob');
    await story.scene.until(() => bob.heard.length > 0);
    const again = await story.join('ann');
    const outcomes = outcomesOf(again);
    await story.scene.until(() => outcomes.length > 0);
    assert.deepEqual(outcomes, [`bob has ${mid}`]);
    story.crash(again);
    const third = await story.join('ann');
    const later = outcomesOf(third);
    await story.scene.pass(5000);
    assert.deepEqual(later, []);
  });
});
