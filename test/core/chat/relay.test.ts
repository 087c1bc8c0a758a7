import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeRelayed, encodeRelayed, type Relayed } from '../../../core/chat/relay.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { identity, processId, type TestClient, World } from './world.ts';

const hello = Uint8Array.of(1, 2, 3);

/** What becomes of a datagram of a client: to which link it goes, and what is said there. */
function relayed(
  world: World,
  from: TestClient,
  to: { readonly person: number; readonly link?: number },
  datagram: Uint8Array = hello,
): { readonly link: number; readonly said: Relayed | undefined } | undefined {
  const key = toHex(identity(to.person));
  const payload = encodeRelayed({ identity: key, link: to.link ?? 0, datagram });
  const result = world.hub.relay(from.number, payload, world.now);
  return result && { link: result.link, said: decodeRelayed(result.payload) };
}

describe('the relay', () => {
  it('hands a datagram to whoever is present under an identity, and says whose it is', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    assert.deepEqual(relayed(world, ann, { person: 2 }), {
      link: bob.number,
      said: { identity: toHex(identity(1)), link: 0, datagram: hello },
    });
  });

  it('knows nobody who has not registered, in either direction', () => {
    const world = new World();
    const [ann, stranger] = [world.join('ann', 1), world.connect(2)];
    assert.equal(relayed(world, stranger, { person: 1 }), undefined);
    assert.equal(relayed(world, ann, { person: 2 }), undefined);
    assert.equal(relayed(world, ann, { person: 2, link: stranger.number }), undefined);
    const bob = world.join('bob', 3);
    bob.ask({ type: 'deregister' });
    assert.equal(relayed(world, ann, { person: 3 }), undefined);
    const carl = world.join('carl', 4);
    carl.down();
    assert.equal(relayed(world, ann, { person: 4 }), undefined);
  });

  it('tells an auxiliary connection from the present one of its identity', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    const beside = world.join('ann', 1, { auxiliary: true, processId: processId(99) });
    const said = { identity: toHex(identity(1)), link: beside.number, datagram: hello };
    assert.deepEqual(relayed(world, beside, { person: 2 }), { link: bob.number, said });
    assert.equal(relayed(world, bob, { person: 1 })?.link, ann.number);
    const toBeside = relayed(world, bob, { person: 1, link: beside.number });
    assert.equal(toBeside?.link, beside.number);
    // A number alone is not enough: the identity must be that of the link.
    assert.equal(relayed(world, bob, { person: 3, link: beside.number }), undefined);
  });

  it('goes on with the connection that takes the place of another', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    world.join('bob', 2, { processId: processId(7) });
    const again = world.join('bob', 2, { processId: processId(7) });
    assert.equal(relayed(world, ann, { person: 2 })?.link, again.number);
  });

  it('carries half a MiB at once and 256 KiB a second of each client, and loses the rest', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    const large = new Uint8Array(1024 - 33);
    const carried = (): number => {
      let count = 0;
      while (relayed(world, ann, { person: 2 }, large) !== undefined) count++;
      return count;
    };
    assert.equal(carried(), 512);
    world.pass(1000);
    assert.equal(carried(), 256);
    assert.ok(relayed(world, bob, { person: 1 }, large), 'the limit of one is not that of another');
  });

  it('counts all connections of an identity as one', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    world.join('bob', 2);
    const beside = world.join('ann', 1, { auxiliary: true, processId: processId(99) });
    const large = new Uint8Array(1024 - 33);
    let count = 0;
    while (relayed(world, [ann, beside][count % 2] ?? ann, { person: 2 }, large)) count++;
    assert.equal(count, 512);
  });

  it('knows the other name of an identity when one of them has gone', () => {
    const world = new World();
    const [ann, bob] = [world.join('ann', 1), world.join('bob', 2)];
    const robert = world.join('robert', 2, { processId: processId(99) });
    assert.equal(relayed(world, ann, { person: 2 })?.link, robert.number);
    robert.ask({ type: 'deregister' });
    assert.equal(relayed(world, ann, { person: 2 })?.link, bob.number);
    assert.equal(relayed(world, bob, { person: 1 })?.said?.link, 0);
  });

  it('drops what is too short to say whom it is for', () => {
    const world = new World();
    const ann = world.join('ann', 1);
    assert.equal(world.hub.relay(ann.number, new Uint8Array(32), 0), undefined);
    assert.equal(world.hub.relay(999, new Uint8Array(40), 0), undefined);
  });
});
