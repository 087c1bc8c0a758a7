import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoredHouse } from '../../../core/chat/house.ts';
import { nothingStored } from '../../../core/chat/records.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { house, invite, keyOf, requests, storedOf } from './house-world.ts';
import { outcome, World } from './world.ts';

/** What the requests of the table need to be granted. */
const furnished: StoredHouse = {
  operators: [{ identity: keyOf(4), name: 'dora' }],
  bans: [{ identity: keyOf(6), name: 'frank', reason: '', by: 'ann', atMs: 1 }],
  access: 'open',
  admissions: [{ identity: keyOf(5), name: 'erin' }],
  invitations: [
    { id: '01020304', hash: '01'.repeat(16), usesLeft: 1, expiresAtMs: 2e12, note: '', by: 'ann' },
  ],
};
const names = ['dora', 'erin', 'frank'].map((name, at) => ({ name, identity: keyOf(4 + at) }));
const stored = { ...nothingStored, names, house: furnished };

describe('a request for operators', () => {
  for (const request of requests) {
    it(`is granted to an operator: ${request.type}`, () => {
      const { world, ann } = house({ stored });
      const answer = ann.ask(request);
      world.answer();
      assert.notEqual(outcome(answer ?? ann.answer()), 'refused');
      assert.doesNotMatch(outcome(answer ?? ann.answer()), /[A-Z]{3}|silence/);
    });

    it(`is granted beside an operator’s present connection: ${request.type}`, () => {
      const { world, ann } = house({ stored });
      const beside = world.join('ann', 1, { auxiliary: true });
      const answer = beside.ask(request);
      world.answer();
      assert.doesNotMatch(outcome(answer ?? beside.answer()), /[A-Z]{3}|silence/);
      assert.equal(ann.closed, undefined);
    });

    it(`is refused to anybody else and changes nothing: ${request.type}`, () => {
      const { world, bob } = house({ stored });
      const beside = world.join('bob', 2, { auxiliary: true });
      const [before, stores] = [world.hub.snapshot(), world.changes.length];
      for (const client of [bob, beside]) {
        assert.equal(outcome(client.ask(request)), 'NOT_OPERATOR');
      }
      assert.deepEqual(world.hub.snapshot(), before);
      assert.equal(world.changes.length, stores);
    });

    it(`is refused before a name is claimed: ${request.type}`, () => {
      const { world } = house({ stored });
      assert.equal(outcome(world.connect(1).ask(request)), 'NOT_REGISTERED');
    });
  }
});

describe('operators', () => {
  it('are those of the configuration and those whom others have added', async () => {
    const { world, ann, bob } = house();
    assert.equal(outcome(ann.ask({ type: 'addOperator', who: 'bob' })), 'done');
    assert.equal(outcome(bob.ask({ type: 'addOperator', who: keyOf(3).toUpperCase() })), 'done');
    const list = ann.ask({ type: 'listOperators' });
    assert.ok(list?.type === 'operatorList');
    assert.deepEqual(
      list.operators.map(({ name, key, configured }) => [name, toHex(key), configured]),
      [
        ['', keyOf(1), true],
        ['bob', keyOf(2), false],
        ['', keyOf(3), false],
      ],
    );
    const next = new World({ stored: await storedOf(world) });
    assert.equal(outcome(next.join('bob', 2).ask({ type: 'listOperators' })), 'operatorList');
    assert.equal(outcome(next.join('ann', 1).ask({ type: 'listOperators' })), 'NOT_OPERATOR');
  });

  it('may be configured by a name that is bound, and by no other', () => {
    const bound = { ...nothingStored, names: [{ name: 'Ann', identity: keyOf(1) }] };
    const world = new World({ stored: bound, operators: ['ANN'] });
    assert.equal(outcome(world.join('ann', 1).ask({ type: 'listOperators' })), 'operatorList');
    assert.throws(() => new World({ operators: ['ann'] }), { code: 'OPTION_INVALID' });
    const many = Array.from({ length: 65 }, (_, at) => keyOf(at));
    assert.throws(() => new World({ operators: many }), { code: 'OPTION_INVALID' });
  });

  it('of the configuration and the last one stay', () => {
    const { ann, bob } = house();
    assert.equal(outcome(ann.ask({ type: 'removeOperator', who: 'ann' })), 'OPERATOR_STAYS');
    assert.equal(outcome(ann.ask({ type: 'removeOperator', who: 'bob' })), 'NOT_LISTED');
    ann.ask({ type: 'addOperator', who: 'bob' });
    assert.equal(outcome(bob.ask({ type: 'removeOperator', who: 'bob' })), 'done');
    const last = { ...nothingStored.house, operators: [{ identity: keyOf(1), name: 'ann' }] };
    const alone = new World({ stored: { ...nothingStored, house: last } });
    const dora = alone.join('ann', 1);
    assert.equal(outcome(dora.ask({ type: 'removeOperator', who: 'ann' })), 'OPERATOR_STAYS');
  });

  it('cannot be banned, and who is banned cannot become one', () => {
    const { ann } = house();
    assert.equal(outcome(ann.ask({ type: 'banKey', who: 'ann', reason: '' })), 'IS_OPERATOR');
    ann.ask({ type: 'banKey', who: 'bob', reason: '' });
    assert.equal(outcome(ann.ask({ type: 'addOperator', who: 'bob' })), 'BANNED_FROM_SERVER');
  });

  it('see everybody with role and rights', () => {
    const { ann } = house();
    ann.ask({ type: 'banKey', who: 'bob', reason: '' });
    ann.ask({ type: 'allow', who: 'carl' });
    const list = ann.ask({ type: 'listAccounts', prefix: '', after: 0 });
    assert.ok(list?.type === 'accountList');
    assert.deepEqual(
      list.accounts.map(({ name, online, operator, banned, admitted }) => [
        name,
        online,
        operator,
        banned,
        admitted,
      ]),
      [
        ['ann', true, true, false, false],
        ['bob', false, false, true, false],
        ['carl', true, false, false, true],
      ],
    );
  });

  it('tell everybody something', () => {
    const { world, ann, bob, carl } = house();
    const stranger = world.connect(9);
    ann.ask({ type: 'announce', text: 'back at noon' });
    for (const client of [ann, bob, carl]) {
      const [told] = client.told('announced');
      assert.deepEqual([told?.by, told?.text], ['ann', 'back at noon']);
    }
    assert.deepEqual(stranger.told('announced'), []);
  });
});

describe('who is kicked', () => {
  it('loses every connection, is told why, and is a member still', () => {
    const { world, ann, bob, carl } = house();
    const beside = world.join('bob', 2, { auxiliary: true });
    assert.equal(outcome(ann.ask({ type: 'evict', name: 'BOB', reason: 'lunch' })), 'done');
    for (const client of [bob, beside]) {
      assert.deepEqual([client.closed, client.closedWith], ['kicked', 'by ann: lunch']);
    }
    assert.equal(carl.closed, undefined);
    assert.deepEqual(world.names, { ann: true, bob: false, carl: true });
    const again = world.connect(2);
    const welcome = again.register('bob');
    assert.ok(welcome?.type === 'welcome');
    assert.deepEqual(
      welcome.groups.map(({ group }) => group),
      ['g'],
    );
  });

  it('is not there, or nobody', () => {
    const { ann, bob } = house();
    bob.down();
    assert.equal(outcome(ann.ask({ type: 'evict', name: 'bob', reason: '' })), 'NOT_LISTED');
    assert.equal(outcome(ann.ask({ type: 'evict', name: 'nobody', reason: '' })), 'USER_UNKNOWN');
  });

  it('makes room for who claims the name meanwhile', () => {
    const { world, ann, bob } = house();
    const waiting = world.connect(2);
    waiting.register('bob');
    assert.equal(outcome(waiting.answer()), 'silence');
    ann.ask({ type: 'evict', name: 'bob', reason: '' });
    assert.equal(bob.closed, 'kicked');
    assert.equal(outcome(waiting.answer()), 'welcome');
  });
});

describe('a banned key', () => {
  it('loses its connections and cannot register, under any name, until the ban is lifted', async () => {
    const { world, ann, bob } = house();
    const claiming = world.connect(2);
    assert.equal(outcome(ann.ask({ type: 'banKey', who: 'bob', reason: 'spam' })), 'done');
    assert.deepEqual([bob.closed, bob.closedWith], ['banned', 'by ann: spam']);
    assert.equal(claiming.closed, 'banned');
    for (const name of ['bob', 'another']) {
      const answer = world.connect(2).register(name);
      assert.equal(outcome(answer), 'BANNED_FROM_SERVER');
      assert.match(answer?.type === 'refused' ? answer.detail : '', /ann has banned.*: spam/);
    }
    const next = new World({ stored: await storedOf(world), operators: [keyOf(1)] });
    assert.equal(outcome(next.connect(2).register('bob')), 'BANNED_FROM_SERVER');
    const operator = next.join('ann', 1);
    const list = operator.ask({ type: 'listBannedKeys', after: 0 });
    assert.ok(list?.type === 'bannedKeyList');
    assert.deepEqual(
      list.bans.map(({ name, reason, by, key }) => [name, reason, by, toHex(key)]),
      [['bob', 'spam', 'ann', keyOf(2)]],
    );
    assert.equal(outcome(operator.ask({ type: 'unbanKey', who: 'bob' })), 'done');
    assert.equal(outcome(next.connect(2).register('bob')), 'welcome');
    assert.equal(outcome(operator.ask({ type: 'unbanKey', who: 'bob' })), 'NOT_LISTED');
  });

  it('may be one that was never there, and is known by the name of then once that is released', () => {
    const { world, ann } = house();
    assert.equal(outcome(ann.ask({ type: 'banKey', who: keyOf(9), reason: '' })), 'done');
    assert.equal(outcome(world.connect(9).register('zoe')), 'BANNED_FROM_SERVER');
    ann.ask({ type: 'banKey', who: 'bob', reason: '' });
    ann.ask({ type: 'releaseName', name: 'bob' });
    assert.equal(outcome(ann.ask({ type: 'unbanKey', who: 'bob' })), 'done');
    assert.equal(outcome(ann.ask({ type: 'banKey', who: 'nobody', reason: '' })), 'USER_UNKNOWN');
  });

  it('has no place beyond the bound', () => {
    const { ann } = house({ limits: { bans: 1 } });
    assert.equal(outcome(ann.ask({ type: 'banKey', who: keyOf(8), reason: '' })), 'done');
    assert.equal(outcome(ann.ask({ type: 'banKey', who: keyOf(8), reason: 'again' })), 'done');
    assert.equal(outcome(ann.ask({ type: 'banKey', who: keyOf(9), reason: '' })), 'SERVER_FULL');
  });

  it('is told nothing of names that there are', () => {
    const { world, ann } = house();
    ann.ask({ type: 'banKey', who: keyOf(9), reason: '' });
    for (const name of ['ann', 'b0b', 'nobody', '']) {
      assert.equal(outcome(world.connect(9).register(name)), 'BANNED_FROM_SERVER');
    }
  });
});

describe('a released name', () => {
  it('is nobody’s: its connections, memberships and entry end, and another key may claim it', async () => {
    const { world, ann, bob, carl } = house();
    carl.send('g', 'one', 1);
    assert.equal(outcome(ann.ask({ type: 'releaseName', name: 'bob' })), 'done');
    assert.deepEqual([bob.closed, bob.closedWith], ['nameReleased', 'ann has released the name']);
    assert.deepEqual(world.names, { ann: true, carl: true });
    const left = carl.told('memberLeft').map(({ name, reason }) => `${name} ${reason}`);
    assert.deepEqual(left, ['bob deregistered']);
    for (const client of [ann, carl]) {
      const [told] = client.told('nameReleased');
      assert.deepEqual([told?.name, told && toHex(told.key)], ['bob', keyOf(2)]);
    }
    const heir = world.connect(7);
    const welcome = heir.register('Bob');
    assert.ok(welcome?.type === 'welcome');
    assert.deepEqual([welcome.name, welcome.groups], ['Bob', []]);
    assert.equal(outcome(world.connect(2).register('bob')), 'NAME_TAKEN');
    const next = new World({ stored: await storedOf(world) });
    assert.equal(outcome(next.connect(2).register('bob')), 'NAME_TAKEN');
    assert.equal(outcome(next.connect(7).register('bob')), 'welcome');
  });

  it('may be claimed again by the key that had it, and looks like no other meanwhile', () => {
    const { world, ann } = house();
    assert.equal(outcome(world.connect(8).register('b0b')), 'NAME_CONFUSABLE');
    ann.ask({ type: 'releaseName', name: 'bob' });
    assert.equal(outcome(world.connect(8).register('b0b')), 'welcome');
    ann.ask({ type: 'releaseName', name: 'b0b' });
    assert.equal(outcome(world.connect(2).register('bob')), 'welcome');
  });

  it('goes to who waited for it, as a new one', () => {
    const { world, ann } = house();
    const waiting = world.connect(2);
    waiting.register('bob');
    ann.ask({ type: 'releaseName', name: 'bob' });
    const welcome = waiting.answer();
    assert.ok(welcome?.type === 'welcome');
    assert.deepEqual(welcome.groups, []);
    assert.deepEqual(world.names, { ann: true, bob: true, carl: true });
  });

  it('leaves no role, no ban and no group behind for whoever has it next', () => {
    const { world, ann, bob, carl } = house();
    bob.ask({ type: 'createGroup', group: 'h' });
    bob.ask({ type: 'leaveGroup', group: 'g' });
    for (const client of [bob, carl]) client.ask({ type: 'joinGroup', group: 'h' });
    ann.ask({ type: 'joinGroup', group: 'g' });
    assert.equal(outcome(ann.ask({ type: 'ban', group: 'g', name: 'bob', reason: '' })), 'done');
    ann.ask({ type: 'releaseName', name: 'bob' });
    const heir = world.join('bob', 7);
    assert.equal(outcome(heir.ask({ type: 'joinGroup', group: 'g' })), 'joined');
    heir.ask({ type: 'leaveGroup', group: 'g' });
    assert.equal(outcome(heir.ask({ type: 'joinGroup', group: 'h' })), 'joined');
    const kick = heir.ask({ type: 'kick', group: 'h', name: 'carl', reason: '' });
    assert.equal(outcome(kick), 'NOT_ALLOWED');
  });

  it('is one’s own only by de-registering, or nobody’s', () => {
    const { ann } = house();
    assert.equal(outcome(ann.ask({ type: 'releaseName', name: 'ann' })), 'BAD_REQUEST');
    assert.equal(outcome(ann.ask({ type: 'releaseName', name: 'nobody' })), 'USER_UNKNOWN');
  });

  it('is told to who was away by telling everything anew', () => {
    const { world, ann, carl } = house();
    world.pass(1000);
    const welcome = carl.told('welcome')[0];
    const version = Math.max(...carl.told('directoryDelta').map((delta) => delta.version));
    assert.ok(welcome !== undefined);
    carl.down();
    ann.ask({ type: 'releaseName', name: 'bob' });
    const again = world.join('carl', 3, { epoch: welcome.epoch, directoryVersion: version });
    assert.equal(again.told('directoryReset').length, 1);
    const told = again.told('directoryDelta').flatMap(({ entries }) => entries);
    assert.deepEqual(
      told.map(({ name }) => name),
      ['ann', 'carl'],
    );
  });
});

describe('the audit trail', () => {
  it('has every act of an operator, newest first, page by page, over a restart', async () => {
    const { world, ann } = house({ stored });
    const acts = requests.filter(({ type }) => !/^(list|read)/.test(type));
    for (const request of acts) ann.ask(request);
    const trail = world.changesOf('audited').map(({ entry }) => `${entry.by} ${entry.action}`);
    assert.deepEqual(trail, [
      'ann operators add',
      'ann operators remove',
      'ann kick',
      'ann ban',
      'ann unban',
      'ann release',
      'ann access',
      'ann allow',
      'ann disallow',
      'ann invite-token create',
      'ann invite-token revoke',
      'ann announce',
    ]);
    for (let at = 0; at < 50; at++) ann.ask({ type: 'announce', text: `${at}` });
    ann.ask({ type: 'readAudit', after: 0 });
    world.answer();
    const first = ann.answer();
    assert.ok(first?.type === 'auditPage');
    assert.deepEqual([first.entries.length, first.next], [50, 50]);
    assert.deepEqual([first.entries[0]?.action, first.entries[0]?.detail], ['announce', '49']);
    ann.ask({ type: 'readAudit', after: first.next });
    world.answer();
    const second = ann.answer();
    assert.ok(second?.type === 'auditPage');
    assert.deepEqual([second.entries.length, second.next], [12, 0]);
  });

  it('says so when the store cannot be read', () => {
    const { world, ann } = house();
    world.answersAtOnce = false;
    ann.ask({ type: 'readAudit', after: 0 });
    world.answer(() => undefined);
    assert.equal(outcome(ann.answer()), 'RATE_LIMITED');
  });

  it('never has a token', () => {
    const { world, ann } = house({ random: (count) => new Uint8Array(count).fill(0xe7) });
    const token = toHex(invite(ann));
    assert.doesNotMatch(JSON.stringify(world.changes), new RegExp(token));
  });
});

describe('what an operator asks', () => {
  it('is answered once it is stored', () => {
    const { world, ann, bob } = house();
    world.storesAtOnce = false;
    ann.ask({ type: 'banKey', who: 'bob', reason: '' });
    assert.deepEqual([outcome(ann.answer()), bob.closed], ['silence', undefined]);
    world.store();
    assert.deepEqual([outcome(ann.answer()), bob.closed], ['done', 'banned']);
  });
});

describe('lists', () => {
  it('are told page by page', () => {
    const many = Array.from({ length: 250 }, (_, at) => ({
      identity: at.toString(16).padStart(64, '0'),
      name: `n${at}`,
    }));
    const bans = many.map((key) => ({ ...key, reason: '', by: 'ann', atMs: at0 }));
    const full = { ...nothingStored.house, bans, admissions: many };
    const { ann } = house({ stored: { ...nothingStored, house: full } });
    const pages: number[] = [];
    let after = 0;
    do {
      const page = ann.ask({ type: 'listBannedKeys', after });
      assert.ok(page?.type === 'bannedKeyList');
      pages.push(page.bans.length);
      after = page.next;
    } while (after !== 0);
    assert.deepEqual(pages, [100, 100, 50]);
    const listed = ann.ask({ type: 'listAdmissions', after: 200 });
    assert.ok(listed?.type === 'admissionList');
    assert.deepEqual([listed.keys.length, listed.next], [50, 0]);
    const beyond = ann.ask({ type: 'listBannedKeys', after: Number.MAX_SAFE_INTEGER });
    assert.deepEqual(beyond?.type === 'bannedKeyList' && [beyond.bans.length, beyond.next], [0, 0]);
  });
});

const at0 = 1_700_000_000_000;
