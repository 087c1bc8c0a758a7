/** Private messages that a hub keeps for who is absent (docs/PROTOCOL.md §9). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HubOptions } from '../../../core/chat/hub.ts';
import { composeMid } from '../../../core/chat/mids.ts';
import type { ServerMessage } from '../../../core/chat/wire.ts';
import { away, leave, mailOf, restarted, settle } from './mail-world.ts';
import { identity, outcome, processId, type TestClient, type World } from './world.ts';

describe('a message for somebody absent', () => {
  it('is kept and handed over when they come back, in order, once', () => {
    const { world, ann } = away();
    const answer = leave(ann, 'bob', 1);
    assert.ok(answer?.type === 'deposited');
    assert.deepEqual([answer.to, answer.durable], ['Bob', false]);
    leave(ann, 'bob', 2);
    const bob = world.join('bob', 2);
    assert.deepEqual(mailOf(bob), [1, 2]);
    const [first] = bob.told('envelope');
    assert.deepEqual([first?.from, first?.mid], ['ann', composeMid(ann.process, 1)]);
    settle(bob, 0);
    settle(bob, 1);
    bob.down();
    assert.deepEqual(mailOf(world.join('bob', 2)), []);
    assert.deepEqual(world.hub.snapshot().envelopes, []);
  });

  it('comes after the welcome and the directory', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    const kinds = world.join('bob', 2).heard.map(({ message }) => message.type);
    assert.deepEqual(kinds, ['welcome', 'directoryDelta', 'envelope']);
  });

  it('comes again until it is settled, and is not deleted before', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    world.join('bob', 2).down();
    const again = world.join('bob', 2);
    assert.deepEqual(mailOf(again), [1]);
    settle(again, 0);
    assert.deepEqual(world.changesOf('envelopeSettled'), [
      { type: 'envelopeSettled', id: 1, outcome: 'delivered' },
    ]);
  });

  it('is kept once, however often it is sent', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    assert.equal(outcome(leave(ann, 'BOB', 1)), 'deposited');
    assert.equal(world.changesOf('envelopeStored').length, 1);
    const bob = world.join('bob', 2);
    assert.deepEqual(mailOf(bob), [1]);
    // Its answer was lost, and its recipient is back: it has its place still.
    assert.equal(outcome(leave(ann, 'bob', 1)), 'deposited');
    assert.deepEqual(mailOf(bob), [1]);
  });

  it('is nobody else’s: not of who has another key, nor of a connection beside', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    assert.deepEqual(mailOf(world.join('carl', 3)), []);
    const beside = world.join('bob', 2, { auxiliary: true });
    assert.deepEqual(mailOf(beside), []);
    beside.tell({ type: 'settle', id: 1, outcome: 'delivered' });
    const impostor = world.connect(9);
    assert.equal(outcome(impostor.register('bob')), 'NAME_TAKEN');
    impostor.tell({ type: 'settle', id: 1, outcome: 'delivered' });
    ann.tell({ type: 'settle', id: 1, outcome: 'delivered' });
    assert.equal(world.hub.snapshot().envelopes.length, 1);
  });

  it('cannot be settled before it was handed over', () => {
    const { world, ann } = away();
    for (let counter = 1; counter <= 20; counter++) leave(ann, 'bob', counter);
    const bob = world.join('bob', 2);
    bob.tell({ type: 'settle', id: 20, outcome: 'delivered' });
    assert.equal(world.hub.snapshot().envelopes.length, 20);
  });

  it('can be left by a connection beside the present one', () => {
    const { world } = away();
    const beside = world.join('ann', 1, { auxiliary: true });
    assert.equal(outcome(leave(beside, 'bob', 1)), 'deposited');
    assert.deepEqual(mailOf(world.join('bob', 2)), [1]);
  });

  it('is paced: 16 or 256 KiB are under way, and more as they are settled', () => {
    const { world, ann } = away();
    for (let counter = 1; counter <= 40; counter++) leave(ann, 'bob', counter);
    const bob = world.join('bob', 2);
    assert.equal(mailOf(bob).length, 16);
    settle(bob, 3);
    assert.equal(mailOf(bob).length, 17);
    for (let at = 0; at < 40; at++) if (at !== 3) settle(bob, at);
    assert.deepEqual(
      mailOf(bob),
      Array.from({ length: 40 }, (_, at) => at + 1),
    );
    const large = away();
    for (let counter = 1; counter <= 8; counter++) leave(large.ann, 'bob', counter, 60_000);
    assert.equal(mailOf(large.world.join('bob', 2)).length, 4);
  });

  it('waits until a connection has room', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    const bob = world.connect(2);
    bob.hasRoom = false;
    bob.register('bob');
    assert.deepEqual(mailOf(bob), []);
    bob.hasRoom = true;
    bob.read();
    assert.deepEqual(mailOf(bob), [1]);
  });

  it('follows its recipient to the connection that replaces the one before', () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    const bob = world.join('bob', 2);
    const next = world.join('bob', 2, { processId: bob.process });
    assert.deepEqual(mailOf(next), [1]);
    settle(bob, 0);
    assert.equal(world.hub.snapshot().envelopes.length, 1);
    settle(next, 0);
    assert.equal(world.hub.snapshot().envelopes.length, 0);
  });

  it('reaches who was thought gone and is back on the same connection', () => {
    const { world, ann } = away();
    const bob = world.join('bob', 2);
    bob.unresponsive();
    assert.equal(outcome(leave(ann, 'bob', 1)), 'deposited');
    assert.deepEqual(mailOf(bob), [1]);
  });
});

/** Of three deposits the last one meets a bound. */
function refusesThird(
  limits: NonNullable<HubOptions['limits']>,
  play: (ann: TestClient, world: World) => readonly (ServerMessage | undefined)[],
): void {
  const { world, ann } = away({ limits });
  assert.deepEqual(play(ann, world).map(outcome), ['deposited', 'deposited', 'MAILBOX_FULL']);
  assert.equal(world.hub.snapshot().envelopes.length, 2);
}

describe('a message is not kept', () => {
  it('for somebody who is present: the server looks whether they live', () => {
    const { world, ann } = away();
    const bob = world.join('bob', 2);
    assert.equal(outcome(leave(ann, 'bob', 1)), 'PEER_PRESENT');
    assert.deepEqual(world.probes, [bob.number]);
    world.pass(1000);
    assert.equal(outcome(leave(ann, 'bob', 1)), 'deposited');
  });

  it('for nobody, or for another key than the name has', () => {
    const { ann } = away();
    assert.equal(outcome(leave(ann, 'nobody', 1)), 'USER_UNKNOWN');
    const mid = composeMid(ann.process, 2);
    const asked = { type: 'deposit', to: 'bob', identity: identity(9), mid } as const;
    assert.equal(outcome(ann.ask({ ...asked, sealed: new Uint8Array(96) })), 'USER_UNKNOWN');
  });

  it('under the mid of another process', () => {
    const { ann } = away();
    const asked = { type: 'deposit', to: 'bob', identity: identity(2) } as const;
    const mid = composeMid(processId(77), 1);
    assert.equal(outcome(ann.ask({ ...asked, mid, sealed: new Uint8Array(96) })), 'BAD_REQUEST');
  });

  it('by a server that keeps none, which still hands over what it kept before', async () => {
    const off = away({ policy: { mailbox: false } });
    assert.equal(outcome(leave(off.ann, 'bob', 1)), 'BAD_REQUEST');
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    const next = await restarted(world, { policy: { mailbox: false } });
    assert.deepEqual(mailOf(next.join('bob', 2)), [1]);
  });

  it('when it is longer than a message can be', () => {
    const { ann } = away();
    assert.equal(outcome(leave(ann, 'bob', 1, 60_288)), 'deposited');
    assert.equal(outcome(leave(ann, 'bob', 2, 60_289)), 'MESSAGE_TOO_LONG');
  });

  it('while the store is behind', () => {
    const { world, ann } = away({ limits: { unstored: 2 } });
    world.storesAtOnce = false;
    for (let counter = 1; counter <= 3; counter++) leave(ann, 'bob', counter);
    world.store();
    assert.equal(ann.told('deposited').length, 2);
    assert.equal(outcome(ann.answer()), 'RATE_LIMITED');
  });

  it('beyond so many for one recipient', () => {
    refusesThird({ mailboxMessages: 2 }, (ann, world) => {
      const eve = world.join('eve', 5, { processId: processId(5) });
      return [leave(ann, 'bob', 1), leave(eve, 'bob', 1), leave(eve, 'bob', 2)];
    });
  });

  it('beyond so many bytes for one recipient', () => {
    refusesThird({ mailboxBytes: 1000 }, (ann) => [
      leave(ann, 'bob', 1, 400),
      leave(ann, 'bob', 2, 88),
      leave(ann, 'bob', 3, 1),
    ]);
  });

  it('beyond so many of one sender for one recipient', () => {
    refusesThird({ mailboxMessagesPerSender: 2 }, (ann) => [
      leave(ann, 'bob', 1),
      leave(ann, 'bob', 2),
      leave(ann, 'BOB', 3),
    ]);
  });

  it('beyond so many bytes of one sender for one recipient', () => {
    refusesThird({ mailboxBytesPerSender: 1000 }, (ann) => [
      leave(ann, 'bob', 1, 400),
      leave(ann, 'bob', 2, 88),
      leave(ann, 'bob', 3, 1),
    ]);
  });

  it('beyond so many bytes of one sender', () => {
    refusesThird({ mailBytesPerSender: 1000 }, (ann) => [
      leave(ann, 'bob', 1, 400),
      leave(ann, 'carl', 2, 88),
      leave(ann, 'dora', 3, 1),
    ]);
  });

  it('beyond so many bytes in all', () => {
    refusesThird({ mailBytesTotal: 1000 }, (ann, world) => {
      const eve = world.join('eve', 5, { processId: processId(5) });
      return [leave(ann, 'bob', 1, 400), leave(eve, 'carl', 1, 88), leave(eve, 'dora', 2, 1)];
    });
  });

  it('but is once what was there has been handed over', () => {
    const { world, ann } = away({
      limits: { mailboxMessages: 1, mailBytesPerSender: 400, mailBytesTotal: 400 },
    });
    leave(ann, 'bob', 1);
    assert.equal(outcome(leave(ann, 'bob', 2)), 'MAILBOX_FULL');
    const bob = world.join('bob', 2);
    settle(bob, 0);
    bob.down();
    assert.equal(outcome(leave(ann, 'bob', 2)), 'deposited');
  });
});

describe('until it is stored', () => {
  it('a message is neither acknowledged nor handed over', () => {
    const { world, ann } = away();
    world.storesAtOnce = false;
    leave(ann, 'bob', 1);
    assert.deepEqual(ann.told('deposited'), []);
    const bob = world.connect(2);
    bob.register('bob', { auxiliary: false });
    const stored = world.changes.findIndex(({ type }) => type === 'envelopeStored');
    world.store(stored);
    assert.deepEqual([ann.told('deposited').length, mailOf(bob).length], [0, 0]);
    world.store();
    assert.deepEqual([ann.told('deposited').length, mailOf(bob).length], [1, 1]);
  });
});

describe('a hub that starts from what another stored', () => {
  it('has all that was kept, knows what it has, and numbers on', async () => {
    const { world, ann } = away();
    for (let counter = 1; counter <= 3; counter++) leave(ann, 'bob', counter);
    settle(world.join('bob', 2), 0);
    ann.down();
    const next = await restarted(world);
    const { envelopes, outcomes } = next.hub.snapshot();
    assert.deepEqual(
      [envelopes, outcomes],
      [world.hub.snapshot().envelopes, [{ id: 1, from: 'ann', to: 'Bob', outcome: 'delivered' }]],
    );
    const again = next.join('ann', 1, { processId: ann.process });
    assert.equal(again.told('settled').length, 1);
    assert.equal(outcome(leave(again, 'bob', 2)), 'deposited');
    assert.equal(outcome(leave(again, 'bob', 4)), 'deposited');
    assert.deepEqual(mailOf(next.join('bob', 2)), [2, 3, 4]);
  });

  it('counts what is there towards its bounds, and its age from when it was stored', async () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    const limits = { mailboxMessages: 1, mailboxMs: 60_000 };
    const next = await restarted(world, { limits });
    const again = next.join('ann', 1, { processId: ann.process });
    assert.equal(outcome(leave(again, 'bob', 2)), 'MAILBOX_FULL');
    next.pass(60_000);
    assert.equal(again.told('settled')[0]?.outcome, 'expired');
  });

  it('forgets what was confirmed', async () => {
    const { world, ann } = away();
    leave(ann, 'bob', 1);
    settle(world.join('bob', 2), 0);
    ann.tell({ type: 'confirmSettled', id: 1 });
    const { envelopes, outcomes } = (await restarted(world)).hub.snapshot();
    assert.deepEqual([envelopes, outcomes], [[], []]);
  });
});
