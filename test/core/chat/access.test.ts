import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AccessMode, accessModes } from '../../../core/chat/wire-administration.ts';
import { closeTo, house, invite, keyOf, storedOf } from './house-world.ts';
import { outcome, World } from './world.ts';

describe('access', () => {
  const outcomes: readonly (readonly [AccessMode, string])[] = accessModes.map((access) => [
    access,
    access === 'open' ? 'welcome' : 'NOT_ADMITTED',
  ]);
  for (const [access, answer] of outcomes) {
    it(`${access} answers a stranger with ${answer}, and lets in operators and who had a name`, () => {
      const { world, ann, bob } = house();
      ann.ask({ type: 'setAccess', access, admitsKnown: true });
      assert.equal(bob.closed, undefined);
      assert.equal(outcome(world.connect(9).register('zoe')), answer);
      bob.down();
      assert.equal(outcome(world.connect(2).register('bob')), 'welcome');
      assert.equal(outcome(world.connect(1).register('ann2')), 'welcome');
    });
  }

  it('to the listed alone ends the connections of all others, but not of operators', async () => {
    const { world, ann, bob, carl } = house();
    ann.ask({ type: 'allow', who: 'carl' });
    ann.ask({ type: 'setAccess', access: 'allow-list', admitsKnown: false });
    assert.deepEqual([ann.closed, bob.closed, carl.closed], [undefined, 'notAdmitted', undefined]);
    const next = new World({ stored: await storedOf(world), operators: [keyOf(1)] });
    assert.equal(outcome(next.connect(2).register('bob')), 'NOT_ADMITTED');
    assert.equal(outcome(next.connect(3).register('carl')), 'welcome');
    const operator = next.join('ann', 1);
    assert.equal(outcome(operator.ask({ type: 'allow', who: 'bob' })), 'done');
    assert.equal(outcome(next.connect(2).register('bob')), 'welcome');
    const list = operator.ask({ type: 'listAdmissions', after: 0 });
    assert.ok(list?.type === 'admissionList');
    assert.deepEqual(
      list.keys.map(({ name }) => name),
      ['carl', 'bob'],
    );
  });

  it('taken from somebody ends their connection', () => {
    const { ann, bob } = house();
    closeTo(ann, 'allow-list');
    assert.equal(outcome(ann.ask({ type: 'disallow', who: 'bob' })), 'done');
    assert.equal(bob.closed, 'notAdmitted');
    assert.equal(outcome(ann.ask({ type: 'disallow', who: 'bob' })), 'NOT_LISTED');
  });
});

describe('an invitation', () => {
  it('admits as many keys as it says, each once, and then nobody', async () => {
    const { world, ann } = house();
    closeTo(ann, 'invitation');
    const token = invite(ann, 2);
    const zoe = world.connect(9);
    assert.equal(outcome(zoe.ask({ type: 'admit', token })), 'done');
    assert.equal(outcome(zoe.ask({ type: 'admit', token })), 'done');
    assert.equal(outcome(zoe.register('zoe')), 'welcome');
    assert.equal(outcome(zoe.ask({ type: 'admit', token })), 'done');
    const next = new World({ stored: await storedOf(world), operators: [keyOf(1)] });
    assert.equal(outcome(next.connect(9).register('zoe')), 'welcome');
    const yves = next.connect(8);
    assert.equal(outcome(yves.ask({ type: 'admit', token })), 'done');
    assert.equal(outcome(yves.register('yves')), 'welcome');
    assert.equal(outcome(next.connect(7).ask({ type: 'admit', token })), 'INVITATION_INVALID');
  });

  it('is worth nothing when its time is over, and after it was revoked', () => {
    const { world, ann } = house();
    closeTo(ann, 'invitation');
    const [short, revoked] = [invite(ann, 9, 1), invite(ann, 9, 2)];
    const list = ann.ask({ type: 'listInvitations', after: 0 });
    assert.ok(list?.type === 'invitationList');
    const [, second] = list.invitations;
    assert.ok(second !== undefined);
    assert.equal(
      outcome(ann.ask({ type: 'revokeInvitation', invitation: second.invitation })),
      'done',
    );
    assert.equal(
      outcome(ann.ask({ type: 'revokeInvitation', invitation: second.invitation })),
      'NOT_LISTED',
    );
    const zoe = world.connect(9);
    assert.equal(outcome(zoe.ask({ type: 'admit', token: revoked })), 'INVITATION_INVALID');
    world.pass(86_400_000);
    assert.equal(outcome(zoe.ask({ type: 'admit', token: short })), 'INVITATION_INVALID');
    const after = ann.ask({ type: 'listInvitations', after: 0 });
    assert.deepEqual(after?.type === 'invitationList' && after.invitations, []);
  });

  it('is not looked at on an open server, and not enough on one with a list', () => {
    const { world, ann } = house();
    const token = new Uint8Array(16);
    assert.equal(outcome(world.connect(9).ask({ type: 'admit', token })), 'done');
    closeTo(ann, 'allow-list');
    const good = invite(ann);
    assert.equal(outcome(world.connect(9).ask({ type: 'admit', token: good })), 'NOT_ADMITTED');
  });

  it('does not help a banned key', () => {
    const { world, ann } = house();
    closeTo(ann, 'invitation');
    ann.ask({ type: 'banKey', who: keyOf(9), reason: '' });
    const asked = { type: 'admit', token: invite(ann) } as const;
    assert.equal(outcome(world.connect(9).ask(asked)), 'BANNED_FROM_SERVER');
  });

  it('is guessed at five times at once from one address, then once in 30 seconds', () => {
    const { world, ann } = house();
    closeTo(ann, 'invitation');
    const token = invite(ann);
    const guess = (port: number, guessed = new Uint8Array(16)): string =>
      outcome(world.connect(8, port).ask({ type: 'admit', token: guessed }));
    const before = world.hub.snapshot();
    for (let at = 0; at < 5; at++) assert.equal(guess(100 + at), 'INVITATION_INVALID');
    assert.equal(guess(200), 'RATE_LIMITED');
    const told = world.connect(8, 199).ask({ type: 'admit', token: new Uint8Array(16) });
    assert.equal(told?.type === 'refused' && told.retryMs, 30_000);
    assert.equal(guess(201, Uint8Array.from(token)), 'RATE_LIMITED');
    assert.deepEqual(world.hub.snapshot().house, before.house);
    const elsewhere = world.connectFrom({ host: '198.51.100.1', port: 1 }, 9);
    assert.equal(outcome(elsewhere.ask({ type: 'admit', token })), 'done');
    world.pass(30_000);
    assert.equal(guess(202), 'INVITATION_INVALID');
  });

  it('is for 1 to 10,000 keys and 1 to 366 days, and there are only so many', () => {
    const { ann } = house({ limits: { invitations: 1 } });
    for (const [uses, days] of [
      [0, 1],
      [10_001, 1],
      [1, 0],
      [1, 367],
    ] as const) {
      const answer = ann.ask({ type: 'createInvitation', uses, days, note: '' });
      assert.equal(outcome(answer), 'BAD_REQUEST');
    }
    invite(ann);
    const another = ann.ask({ type: 'createInvitation', uses: 1, days: 1, note: '' });
    assert.equal(outcome(another), 'SERVER_FULL');
  });
});
