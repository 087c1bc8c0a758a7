import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Found } from '../../../core/chat/queries.ts';
import { gathered, type TestClient, type World } from './world.ts';

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('say' as const),
      count: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('answer' as const), isLate: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('read' as const), count: fc.nat(30) }) },
  fc.record({ type: fc.constant('fail' as const) }),
  fc.record({ type: fc.constant('own' as const) }),
  fc.record({ type: fc.constant('confirm' as const) }),
  fc.record({ type: fc.constant('comeBack' as const) }),
  fc.record({ type: fc.constant('retain' as const), drop: fc.nat(12), isTold: fc.boolean() }),
  fc.record({ type: fc.constant('pass' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Bob catches up again and again; a model knows who said what, and what the store and memory ever gave up together. */
class Recovery {
  readonly world: World;
  readonly ann: TestClient;
  bob: TestClient;
  /** By number, from 1: whose it is. */
  readonly said: ('ann' | 'bob')[] = [];
  /** The number that Bob has come to, as he was told. */
  #reached = 0;
  #heard = 0;
  /** What the store found when it was asked, by the number of the query. */
  readonly #found = new Map<number, Found>();
  #counters = { ann: 0, bob: 0 };

  /** @param logMessages how many of the group are in memory */
  constructor(logMessages: number) {
    const { world, ann, bob } = gathered({
      limits: { logMessages, readsAtOnce: 1, pageBytesTotal: 2000 },
    });
    world.answersAtOnce = false;
    [this.world, this.ann, this.bob] = [world, ann, bob];
  }

  take(step: Step): void {
    const { world, bob } = this;
    switch (step.type) {
      case 'say':
        for (let at = 0; at < step.count; at++) this.#say('ann');
        break;
      case 'own':
        this.#say('bob');
        break;
      case 'answer':
        this.#answer(step.isLate);
        break;
      case 'fail':
        world.answer(() => undefined);
        break;
      case 'read':
        this.#readSome(step.count);
        break;
      case 'confirm':
        this.#follow();
        bob.confirm('g', this.#reached);
        break;
      case 'comeBack':
        this.#comeBack();
        break;
      case 'retain':
        this.#retain(this.said.length - step.drop, step.isTold);
        break;
      case 'pass':
        world.pass(1000);
    }
    for (const { number, query } of world.queries) {
      if (!this.#found.has(number)) this.#found.set(number, world.find(query));
    }
    this.#follow();
  }

  /** In the end the store answers, the connection has room, and Bob has everything. */
  finish(): void {
    const { world } = this;
    world.answersAtOnce = true;
    this.bob.hasRoom = true;
    while (world.queries.length > 0) world.answer();
    world.pass(1000);
    this.bob.read();
    this.#follow();
    const rest = this.said.slice(this.#reached);
    assert.ok(
      rest.every((who) => who === 'bob'),
      `${rest.length} messages never came`,
    );
    assert.equal(world.hub.pageBytes, 0);
  }

  #say(who: 'ann' | 'bob'): void {
    this.said.push(who);
    this[who].send('g', `${this.said.length}`, ++this.#counters[who]);
  }

  /** The store lets go of what came before, and the hub hears of it sooner or later. */
  #retain(afterSeq: number, isTold: boolean): void {
    const { world } = this;
    world.retainedAfter = Math.max(world.retainedAfter, afterSeq);
    if (!isTold) return;
    const [{ logId } = assert.fail()] = world.changesOf('groupCreated');
    const firstSeq = world.retainedAfter + 1;
    world.hub.dropped([{ group: 'g', logId, firstSeq, messages: world.retainedAfter }]);
  }

  /** A late answer tells how it was when the question came. */
  #answer(isLate: boolean): void {
    const { world } = this;
    const [asked] = world.queries;
    if (asked === undefined) return;
    if (isLate) world.answer(() => this.#found.get(asked.number));
    else world.answer();
  }

  /** The connection has room for so many. */
  #readSome(count: number): void {
    this.bob.hasRoom = true;
    this.bob.readAll(count);
    this.bob.hasRoom = false;
    this.world.carryOut();
  }

  #comeBack(): void {
    this.#follow();
    const { world, bob } = this;
    const { logId } = bob.resumePoint('g');
    bob.down();
    this.bob = world.connect(2);
    this.#heard = 0;
    this.bob.register('bob', {
      processId: bob.process,
      nextCounter: this.#counters.bob + 1,
      resume: [{ group: 'g', logId, seq: this.#reached }],
    });
  }

  /** Each number comes once and in order; what is passed over is Bob's own, or was to be had nowhere. */
  #follow(): void {
    for (const { message } of this.bob.heard.slice(this.#heard)) {
      if (message.type === 'groupMessage') {
        assert.equal(message.text, `${message.seq}`);
        assert.equal(this.said[message.seq - 1], 'ann');
        const passed = this.said.slice(this.#reached, message.seq - 1);
        assert.ok(message.seq > this.#reached, 'a message came twice');
        assert.ok(
          passed.every((who) => who === 'bob'),
          'messages were passed over in silence',
        );
        this.#reached = message.seq;
      } else if (message.type === 'gap') {
        const firstSeq = message.fromSeq - message.count;
        const passed = this.said.slice(this.#reached, firstSeq - 1);
        assert.ok(message.count > 0 && firstSeq > this.#reached, 'a gap overlaps');
        assert.ok(
          passed.every((who) => who === 'bob'),
          'messages were passed over in silence',
        );
        assert.ok(message.fromSeq - 1 <= this.world.retainedAfter, 'the store had some of them');
        this.#reached = message.fromSeq - 1;
      }
    }
    this.#heard = this.bob.heard.length;
  }
}

describe('catching up beside a simple model', () => {
  it('loses, doubles and reorders nothing, whatever comes between, and every gap is exact', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(3, 30),
        fc.array(step, { maxLength: 120, size: 'max' }),
        (logMessages, steps) => {
          const recovery = new Recovery(logMessages);
          for (const step of steps) recovery.take(step);
          recovery.finish();
        },
      ),
      { numRuns: 300 },
    );
  });
});
