/** Who is let into a group: invitations, passwords, newcomers (docs/PROTOCOL.md §8). */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ban, give, group, join, kick, restarted } from './order-world.ts';
import { gathered, outcome, type TestClient } from './world.ts';

const [minuteMs, dayMs, wallClockMs] = [60_000, 86_400_000, 1_700_000_000_000];

function invite(client: TestClient, name: string, to = group): string {
  return outcome(client.ask({ type: 'invite', group: to, name }));
}

function close(client: TestClient, isOn = true): string {
  return outcome(client.ask({ type: 'setInviteOnly', group, isOn }));
}

function proof(password: number): Uint8Array {
  return new Uint8Array(32).fill(password);
}

function lock(client: TestClient, password: number): string {
  return outcome(client.ask({ type: 'setPassword', group, proof: proof(password) }));
}

function joinWith(client: TestClient, password: number): string {
  return outcome(client.ask({ type: 'joinWithPassword', group, proof: proof(password) }));
}

/** Ann owns the group, in which Bob and Carl are; Dora and Eve are not. */
function neighbourhood(...options: Parameters<typeof gathered>) {
  const people = gathered(...options);
  const { world } = people;
  return { ...people, dora: world.join('dora', 4), eve: world.join('eve', 5) };
}

describe('a group that is invite-only', () => {
  it('lets in who was invited, once, and whoever was given a role', () => {
    const { ann, bob, dora, eve } = neighbourhood();
    assert.equal(close(ann), 'done');
    assert.equal(join(dora), 'INVITE_ONLY');
    assert.equal(invite(bob, 'dora'), 'NOT_ALLOWED');
    assert.equal(invite(ann, 'DORA'), 'done');
    assert.equal(join(dora), 'joined');
    give(ann, 'eve', 'guest');
    assert.equal(join(eve), 'joined');
    assert.equal(invite(ann, 'eve'), 'ALREADY_MEMBER');
  });

  it('lets in again who came by an invitation, until it is kicked', () => {
    const { ann, dora } = neighbourhood();
    close(ann);
    invite(ann, 'dora');
    join(dora);
    dora.ask({ type: 'leaveGroup', group });
    assert.equal(join(dora), 'joined');
    kick(ann, 'dora');
    assert.equal(join(dora), 'INVITE_ONLY');
  });

  it('keeps whom it has, and its owner comes and goes', () => {
    const { ann, bob } = neighbourhood();
    close(ann);
    assert.equal(outcome(bob.send(group, 'still here', 1)), 'committed');
    ann.ask({ type: 'leaveGroup', group });
    assert.equal(join(ann), 'joined');
    bob.ask({ type: 'leaveGroup', group });
    assert.equal(join(bob), 'INVITE_ONLY');
    close(ann, false);
    assert.equal(join(bob), 'joined');
  });

  it('has nobody come by an invitation of when it was open', () => {
    const { ann, bob, dora, eve } = neighbourhood();
    assert.equal(invite(bob, 'dora'), 'done');
    close(ann);
    assert.equal(join(dora), 'INVITE_ONLY');
    close(ann, false);
    invite(bob, 'eve');
    lock(ann, 1);
    assert.equal(join(eve), 'PASSWORD_REQUIRED');
  });

  it('tells its members of its settings, and who did it', () => {
    const { world, ann, bob } = neighbourhood();
    close(ann);
    lock(ann, 1);
    ann.ask({ type: 'setNewcomers', group, role: 'guest' });
    const kept = { keepAgeMs: 0, keepMessages: 0, keepBytes: 0 };
    assert.deepEqual(
      bob.told('settingsChanged').map(({ type: _, ...settings }) => settings),
      [
        { group, inviteOnly: true, hasPassword: false, newcomers: 'member', ...kept, by: 'ann' },
        { group, inviteOnly: true, hasPassword: true, newcomers: 'member', ...kept, by: 'ann' },
        { group, inviteOnly: true, hasPassword: true, newcomers: 'guest', ...kept, by: 'ann' },
      ],
    );
    const described = bob.ask({ type: 'describeGroup', group });
    assert.ok(described?.type === 'groupDescription');
    assert.deepEqual(
      [described.inviteOnly, described.hasPassword, described.newcomers, described.role],
      [true, true, 'guest', 'guest'],
    );
    assert.deepEqual(
      world.factsOf('audited').map(({ entry }) => [entry.action, entry.detail]),
      [
        ['set_group', 'invite_only on'],
        ['set_group', 'password'],
        ['set_group', 'newcomers guest'],
      ],
    );
  });
});

describe('an invitation', () => {
  it('is told once, and not again while it is good', () => {
    const { world, ann, bob, dora } = neighbourhood();
    assert.equal(invite(bob, 'dora'), 'done');
    const untilMs = wallClockMs + world.now + 7 * dayMs;
    assert.deepEqual(dora.told('invited'), [{ type: 'invited', group, by: 'bob', untilMs }]);
    assert.equal(invite(ann, 'dora'), 'done');
    assert.equal(dora.told('invited').length, 1);
    assert.equal(world.factsOf('audited').length, 1);
  });

  it('is told to who was absent when it comes, until it is used', () => {
    const { world, ann, dora } = neighbourhood();
    dora.down();
    invite(ann, 'dora');
    const back = world.join('dora', 4);
    assert.deepEqual(
      back.told('invited').map(({ by }) => by),
      ['ann'],
    );
    assert.deepEqual(world.join('dora', 4, { auxiliary: true }).told('invited'), []);
    join(back);
    back.down();
    assert.deepEqual(world.join('dora', 4).told('invited'), []);
  });

  it('is good for seven days', () => {
    const { world, ann, dora, eve } = neighbourhood();
    close(ann);
    invite(ann, 'dora');
    invite(ann, 'eve');
    world.pass(7 * dayMs - 1);
    assert.equal(join(eve), 'joined');
    world.pass(1);
    assert.equal(join(dora), 'INVITE_ONLY');
    dora.down();
    assert.deepEqual(world.join('dora', 4).told('invited'), []);
  });

  it('ends with a ban, and is not for who is banned', () => {
    const { ann, dora } = neighbourhood();
    close(ann);
    invite(ann, 'dora');
    ban(ann, 'dora');
    assert.equal(invite(ann, 'dora'), 'BANNED');
    ann.ask({ type: 'unban', group, name: 'dora' });
    assert.equal(join(dora), 'INVITE_ONLY');
  });

  it('is of members for those who have a name', () => {
    const { ann, dora } = neighbourhood();
    assert.equal(invite(dora, 'eve'), 'NOT_MEMBER');
    assert.equal(invite(ann, 'nobody'), 'USER_UNKNOWN');
    assert.equal(invite(ann, 'eve', 'nowhere'), 'NOT_MEMBER');
  });

  it('of a guest is none', () => {
    const { ann, bob } = neighbourhood();
    give(ann, 'bob', 'guest');
    assert.equal(invite(bob, 'dora'), 'NOT_ALLOWED');
  });

  it('outlives a restart', async () => {
    const { world, ann } = neighbourhood();
    close(ann);
    invite(ann, 'dora');
    invite(ann, 'eve');
    const next = await restarted(world);
    next.now = world.now;
    const dora = next.join('dora', 4);
    assert.equal(dora.told('invited').length, 1);
    assert.equal(join(dora), 'joined');
    assert.equal(join(next.join('frida', 6)), 'INVITE_ONLY');
  });
});

describe('invitations', () => {
  it('are bounded: for a group, for a name, and for who invites', () => {
    const limits = { invitationsPerGroup: 2, invitationsPerClient: 2, invitesAtOnce: 6 };
    const { world, ann, dora } = neighbourhood({ limits });
    for (const [at, name] of ['p1', 'p2', 'p3'].entries()) world.join(name, 10 + at);
    assert.deepEqual(
      ['p1', 'p2', 'p3'].map((name) => invite(ann, name)),
      ['done', 'done', 'LIMIT_REACHED'],
    );
    for (const name of ['h', 'i', 'j']) {
      ann.ask({ type: 'createGroup', group: name });
      assert.equal(invite(ann, 'dora', name), 'done');
    }
    dora.down();
    assert.deepEqual(
      world
        .join('dora', 4)
        .told('invited')
        .map(({ group: to }) => to),
      ['i', 'j'],
    );
    ann.ask({ type: 'createGroup', group: 'k' });
    assert.equal(invite(ann, 'eve', 'k'), 'done');
    assert.equal(invite(ann, 'p1', 'k'), 'RATE_LIMITED');
    assert.equal(ann.told('refused').at(-1)?.retryMs, 10_000);
    world.pass(10_000);
    assert.equal(invite(ann, 'p1', 'k'), 'done');
    world.pass(7 * dayMs);
    assert.equal(invite(ann, 'p3'), 'done');
  });
});

describe('a group with a password', () => {
  it('lets in who knows it, who was invited, and who was given a role', () => {
    const { ann, dora, eve, world } = neighbourhood();
    assert.equal(lock(ann, 1), 'done');
    assert.equal(joinWith(dora, 1), 'joined');
    invite(ann, 'eve');
    assert.equal(join(eve), 'joined');
    const frida = world.join('frida', 6);
    assert.equal(join(frida), 'PASSWORD_REQUIRED');
    give(ann, 'frida', 'member');
    assert.equal(join(frida), 'joined');
    dora.ask({ type: 'leaveGroup', group });
    assert.equal(join(dora), 'PASSWORD_REQUIRED');
  });

  it('asks for the new one once it is changed, and for none once it is taken away', () => {
    const { ann, dora, eve } = neighbourhood();
    lock(ann, 1);
    lock(ann, 2);
    assert.equal(joinWith(dora, 1), 'PASSWORD_WRONG');
    assert.equal(joinWith(dora, 2), 'joined');
    ann.ask({ type: 'clearPassword', group });
    assert.equal(join(eve), 'joined');
  });

  it('lets in with a password that an open group does not ask for', () => {
    assert.equal(joinWith(neighbourhood().dora, 1), 'joined');
  });

  it('is told how to come in, and not more than a few times whether it guessed well', () => {
    const { world, ann, dora, eve } = neighbourhood();
    lock(ann, 1);
    const guesses = [2, 3, 4, 5, 6, 7, 1].map((guess) => joinWith(dora, guess));
    assert.deepEqual(guesses, [
      ...Array.from({ length: 5 }, () => 'PASSWORD_WRONG'),
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
    assert.equal(dora.told('refused').at(-1)?.retryMs, minuteMs);
    dora.down();
    const back = world.join('dora', 4);
    assert.equal(joinWith(back, 8), 'RATE_LIMITED');
    assert.equal(joinWith(eve, 1), 'joined');
    world.pass(minuteMs);
    assert.deepEqual(
      [8, 1].map((guess) => joinWith(back, guess)),
      ['PASSWORD_WRONG', 'RATE_LIMITED'],
    );
    world.pass(minuteMs);
    assert.equal(joinWith(back, 1), 'joined');
  });

  it('bounds the guesses of an address, whoever they are of', () => {
    const { world, ann } = neighbourhood();
    lock(ann, 1);
    const guessers = Array.from({ length: 5 }, (_, at) => world.join(`p${at}`, 10 + at));
    const guesses = guessers.flatMap((one) => [2, 3, 4, 5, 6].map((guess) => joinWith(one, guess)));
    assert.equal(guesses.filter((each) => each === 'PASSWORD_WRONG').length, 20);
    const elsewhere = world.connectFrom({ host: '198.51.100.1', port: 1 }, 30);
    elsewhere.register('elsewhere');
    assert.equal(joinWith(elsewhere, 1), 'joined');
  });

  it('has it over a restart, and keeps neither it nor what proves it', async () => {
    const { world, ann } = neighbourhood();
    lock(ann, 0x5a);
    const stored = JSON.stringify(world.changes);
    assert.ok(!stored.includes('5a'.repeat(16)) && !stored.includes('90,90,90,90'));
    const next = await restarted(world);
    const [dora, eve] = [next.join('dora', 4), next.join('eve', 5)];
    assert.deepEqual([joinWith(dora, 1), joinWith(eve, 0x5a)], ['PASSWORD_WRONG', 'joined']);
  });
});

describe('newcomers', () => {
  it('are guests where the owner says so, those that are there as well; who was given a voice is not', () => {
    const { ann, bob, carl, dora } = neighbourhood();
    give(ann, 'carl', 'member');
    assert.equal(outcome(ann.ask({ type: 'setNewcomers', group, role: 'guest' })), 'done');
    join(dora);
    assert.deepEqual(
      [bob, carl, dora, ann].map((client) => outcome(client.send(group, 'hello', 1))),
      ['NO_VOICE', 'committed', 'NO_VOICE', 'committed'],
    );
    assert.equal(dora.told('roleChanged')[0]?.role, 'guest');
    ann.ask({ type: 'setNewcomers', group, role: 'member' });
    assert.equal(outcome(bob.send(group, 'hello', 2)), 'committed');
  });

  it('and who is let in are for the owner to say', () => {
    const { ann, bob } = neighbourhood();
    give(ann, 'bob', 'moderator');
    const asked = [
      { type: 'setNewcomers', group, role: 'guest' },
      { type: 'setInviteOnly', group, isOn: true },
      { type: 'setPassword', group, proof: proof(1) },
      { type: 'clearPassword', group },
    ] as const;
    for (const one of asked) assert.equal(outcome(bob.ask(one)), 'NOT_ALLOWED');
    ann.ask({ type: 'leaveGroup', group });
    for (const one of asked) assert.equal(outcome(ann.ask(one)), 'done');
  });
});
