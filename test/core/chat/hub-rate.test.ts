import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerMessage } from '../../../core/chat/wire.ts';
import { outcome, World } from './world.ts';

const day = 24 * 60 * 60 * 1000;

/** How long a refusal says that it takes. Milliseconds. */
function retryMsOf(message: ServerMessage | undefined): number {
  assert.ok(message?.type === 'refused', message?.type);
  return message.retryMs;
}

describe('the rate of requests', () => {
  it('is told with the time after which the same is granted, and before which it is not', () => {
    const world = new World({ limits: { requestBurst: 3, requestsPerSecond: 4 } });
    const ann = world.join('ann', 1);
    const list = () => ann.ask({ type: 'listGroups', after: 0 });
    assert.deepEqual([list(), list()].map(outcome), ['groupList', 'groupList']);
    assert.equal(retryMsOf(list()), 250);
    world.pass(249);
    assert.equal(retryMsOf(list()), 1);
    world.pass(1);
    assert.equal(outcome(list()), 'groupList');
  });

  it('of bytes is told so, too, and what no waiting helps is told without a time', () => {
    const world = new World({ limits: { requestByteBurst: 65_536, requestBytesPerSecond: 1000 } });
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    const text = 'x'.repeat(60_000);
    ann.send('g', text, 1);
    const waitMs = retryMsOf(ann.send('g', text, 2));
    world.pass(waitMs - 1);
    assert.equal(retryMsOf(ann.send('g', text, 2)), 1);
    world.pass(1);
    assert.equal(outcome(ann.send('g', text, 2)), 'committed');
    world.pass(1000);
    assert.equal(retryMsOf(ann.ask({ type: 'joinGroup', group: 'nowhere' })), 0);
  });

  it('does not bind a de-registration', () => {
    const world = new World({ limits: { requestBurst: 2 } });
    const ann = world.join('ann', 1);
    assert.equal(outcome(ann.ask({ type: 'listGroups', after: 0 })), 'groupList');
    assert.equal(outcome(ann.ask({ type: 'listGroups', after: 0 })), 'RATE_LIMITED');
    assert.equal(outcome(ann.ask({ type: 'deregister' })), 'done');
  });

  it('counts bytes, too, and says which it was', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    const text = 'x'.repeat(60_000);
    const sent = Array.from({ length: 9 }, (_, at) => outcome(ann.send('g', text, at + 1)));
    assert.deepEqual(sent, [...Array(8).fill('committed'), 'RATE_LIMITED']);
    const refused = ann.answer();
    assert.ok(refused?.type === 'refused');
    assert.match(refused.detail, /262144 bytes/);
    assert.equal(outcome(ann.send('g', 'short', 9)), 'committed');
    world.pass(250);
    assert.equal(outcome(ann.send('g', text, 10)), 'committed');
  });

  it('does not bind a message that is sent again', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    ann.ask({ type: 'createGroup', group: 'g' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    const text = 'x'.repeat(60_000);
    ann.send('g', text, 1);
    for (let again = 0; again < 20; again++) {
      assert.equal(outcome(ann.send('g', text, 1)), 'committed');
    }
  });
});

describe('new names', () => {
  it('of one address are bounded, at once and in a day; old ones are not', () => {
    const world = new World({ limits: { namesPerAddress: 3 } });
    const claim = (name: string): string => outcome(world.join(name, 1).answer());
    assert.deepEqual(['a', 'b', 'c', 'd'].map(claim), [
      ...['welcome', 'welcome', 'welcome'],
      'SERVER_FULL',
    ]);
    assert.deepEqual(Object.keys(world.names), ['a', 'b', 'c']);
    const refused = world.join('d', 1).answer();
    assert.ok(refused?.type === 'refused');
    assert.match(refused.detail, /192\.0\.2\.1 has claimed 3 new names.*use one of them/);
    assert.equal(refused.retryMs, day / 3);
    assert.equal(outcome(world.join('a', 1, { takeOver: true }).answer()), 'welcome');
    world.pass(day / 3);
    assert.deepEqual(['d', 'e'].map(claim), ['welcome', 'SERVER_FULL']);
  });

  it('of another address, or of another network of IPv6, are not counted with them', () => {
    const world = new World({ limits: { namesPerAddress: 1 } });
    const claim = (host: string, name: string): string => {
      const client = world.connectFrom({ host, port: 5000 }, 1);
      return outcome(client.register(name));
    };
    assert.equal(claim('192.0.2.1', 'a'), 'welcome');
    assert.equal(claim('192.0.2.2', 'b'), 'welcome');
    assert.equal(claim('2001:db8:1:1::1', 'c'), 'welcome');
    assert.equal(claim('2001:db8:1:1:ffff::2', 'd'), 'SERVER_FULL');
    assert.equal(claim('2001:db8:1:2::1', 'd'), 'welcome');
  });
});
