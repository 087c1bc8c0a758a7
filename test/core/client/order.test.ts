/** Order in groups between real clients on a real server. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Client } from '../../../core/client/client.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { codeOf, textsOf, told, World } from './world.ts';

type People = readonly [Client, Client, Client];

/** Ann owns the group, in which Bob and Carol are, too. */
async function gather(world: World): Promise<People> {
  const [ann, bob, carol] = await world.gather('dev', 'Ann', 'Bob', 'Carol');
  assert.ok(ann && bob && carol);
  return [ann, bob, carol];
}

describe('a group with an owner', () => {
  it('loses whom a moderator kicks, who hears why, can come again, and is not told what was said', async (t) => {
    const world = await World.start(t);
    const [ann, bob, carol] = await gather(world);
    const losses: unknown[] = [];
    bob.on('groupLost', (...loss) => losses.push(loss));
    const lost = told(bob, 'groupLost');
    const [left, roles] = [told(ann, 'memberLeft'), told(carol, 'roleChanged')];
    await ann.moderation.giveRole('dev', 'carol', 'moderator');
    assert.deepEqual(await roles.count(1), [
      { group: 'dev', name: 'Carol', role: 'moderator', by: 'Ann' },
    ]);
    await carol.moderation.kick('DEV', 'bob', 'calm down');
    await lost.count(1);
    const removal = { by: 'Carol', words: 'calm down' };
    assert.deepEqual(losses, [['dev', 'kicked', removal]]);
    assert.deepEqual(await left.count(1), [
      { group: 'dev', name: 'Bob', reason: 'kicked', ...removal },
    ]);
    assert.deepEqual(bob.groups, []);
    await ann.sendGroup('dev', 'about bob');
    const heard = told(bob, 'groupMessageReceived');
    assert.equal(await codeOf(bob.sendGroup('dev', 'what?')), 'REMOVED_FROM_GROUP');
    await bob.joinGroup('dev');
    await ann.sendGroup('dev', 'welcome back');
    assert.deepEqual(textsOf(await heard.count(1)), ['welcome back']);
  });

  it('keeps out whom it bans, and tells everybody whom it mutes', async (t) => {
    const world = await World.start(t);
    const [ann, bob, carol] = await gather(world);
    const mutes = told(bob, 'muteChanged');
    await ann.moderation.mute('dev', 'bob', { minutes: 10, reason: 'loud' });
    const [mute] = await mutes.count(1);
    assert.ok(mute?.isMuted && mute.untilMs > Date.now());
    assert.equal(await codeOf(bob.sendGroup('dev', 'no')), 'MUTED');
    await ann.moderation.unmute('dev', 'Bob');
    await mutes.count(2);
    await bob.sendGroup('dev', 'thanks');
    const lost = told(bob, 'groupLost');
    await ann.moderation.ban('dev', 'bob', 'spam');
    await lost.count(1);
    assert.equal(await codeOf(bob.joinGroup('dev')), 'BANNED');
    const [ban] = await ann.moderation.bans('dev');
    assert.deepEqual([ban?.name, ban?.by, ban?.reason], ['Bob', 'Ann', 'spam']);
    assert.equal(await codeOf(carol.moderation.bans('dev')), 'NOT_ALLOWED');
    await ann.moderation.unban('dev', 'Bob');
    assert.equal(await codeOf(ann.moderation.unban('dev', 'Bob')), 'BAN_UNKNOWN');
    await bob.joinGroup('dev');
  });

  it('tells its topic to who joins, and goes to another owner', async (t) => {
    const world = await World.start(t);
    const [ann, bob] = await gather(world);
    await ann.moderation.setTopic('dev', 'deploys');
    const dora = await world.join('Dora');
    const topics = told(dora, 'topicChanged');
    await dora.joinGroup('dev');
    const [topic] = await topics.count(1);
    assert.deepEqual([topic?.text, topic?.by], ['deploys', 'Ann']);
    await ann.moderation.transfer('dev', 'Bob');
    const described = await bob.moderation.describe('dev');
    assert.deepEqual(
      [described.owner, described.role, described.members, described.topic?.text],
      ['Bob', 'owner', 4, 'deploys'],
    );
    assert.deepEqual(await dora.moderation.roles('dev'), [
      { name: 'Bob', role: 'owner' },
      { name: 'Ann', role: 'moderator' },
    ]);
    await bob.moderation.setTopic('dev', '');
    assert.equal((await ann.moderation.describe('dev')).topic, undefined);
  });

  it('is refused nonsense before it is sent', async (t) => {
    const world = await World.start(t);
    const [ann] = await gather(world);
    for (const minutes of [0, -1, 1.5, 525_601, Number.NaN]) {
      assert.equal(await codeOf(ann.moderation.mute('dev', 'Bob', { minutes })), 'OPTION_INVALID');
    }
    const long = 'x'.repeat(129);
    assert.equal(await codeOf(ann.moderation.kick('dev', long)), 'USER_UNKNOWN');
    assert.equal(await codeOf(ann.moderation.kick(long, 'Bob')), 'GROUP_UNKNOWN');
    assert.equal(
      await codeOf(ann.moderation.kick('dev', 'Bob', long.repeat(20))),
      'WORDS_TOO_LONG',
    );
    assert.equal(await codeOf(ann.moderation.setTopic('dev', long.repeat(4))), 'WORDS_TOO_LONG');
  });

  it('is kept in order over a restart, and its audit trail with it', async (t) => {
    const store = new MemoryStore(new Uint8Array(32).fill(5));
    const world = await World.start(t, { store });
    const [ann, bob] = await gather(world);
    await ann.moderation.giveRole('dev', 'Bob', 'guest');
    await ann.moderation.ban('dev', 'Carol', 'spam');
    const [back, annBack] = [told(bob, 'reconnected'), told(ann, 'reconnected')];
    await world.restart({ store });
    await Promise.all([back.count(1), annBack.count(1)]);
    assert.equal(await codeOf(bob.sendGroup('dev', 'hello')), 'NO_VOICE');
    assert.equal((await ann.moderation.bans('dev')).length, 1);
    await ann.moderation.giveRole('dev', 'Bob', 'newcomer');
    await bob.sendGroup('dev', 'hello');
    const actions = (await store.audit({ limit: 10 })).map(({ action }) => action);
    assert.deepEqual(actions, ['role', 'ban', 'role']);
  });

  it('lets in with its password, which never leaves the client, and only who knows it', async (t) => {
    const store = new MemoryStore(new Uint8Array(32).fill(6));
    const world = await World.start(t, { store });
    const [ann] = await gather(world);
    await ann.moderation.setPassword('dev', 'ﬁne Straße');
    const [dora, eve] = [await world.join('Dora'), await world.join('Eve')];
    assert.equal(await codeOf(dora.joinGroup('dev')), 'PASSWORD_REQUIRED');
    assert.equal(await codeOf(dora.joinGroup('dev', { password: 'wrong' })), 'PASSWORD_WRONG');
    assert.equal(await codeOf(dora.joinGroup('dev', { password: '' })), 'OPTION_INVALID');
    const long = 'x'.repeat(1025);
    assert.equal(await codeOf(dora.joinGroup('dev', { password: long })), 'OPTION_INVALID');
    // The same to whoever types it: NFKC.
    await dora.joinGroup('DEV', { password: 'fine Straße' });
    assert.ok(!JSON.stringify(await store.load()).includes('fine'));
    await ann.moderation.setInviteOnly('dev', true);
    assert.equal(await codeOf(eve.joinGroup('dev', { password: 'fine Straße' })), 'INVITE_ONLY');
    const invitations = told(eve, 'invited');
    await ann.moderation.invite('dev', 'eve');
    await ann.moderation.invite('dev', 'eve');
    const [invitation] = await invitations.count(1);
    assert.deepEqual([invitation?.group, invitation?.by], ['dev', 'Ann']);
    await eve.joinGroup('dev');
    assert.equal(invitations.values.length, 1);
    const described = await eve.moderation.describe('dev');
    assert.deepEqual([described.inviteOnly, described.hasPassword], [true, true]);
    await ann.moderation.setPassword('dev', undefined);
    await ann.moderation.setNewcomers('dev', 'guest');
  });

  it('says what is kept of a group, and refuses a bound that is none', async (t) => {
    const world = await World.start(t);
    const [ann, bob] = await world.gather('dev', 'Ann', 'Bob');
    assert.ok(ann !== undefined && bob !== undefined);
    const changes = told(bob, 'settingsChanged');
    const retention = { ageMs: 86_400_000, bytes: 1_000_000 };
    await ann.moderation.setRetention('dev', retention);
    const settings = { inviteOnly: false, hasPassword: false, newcomers: 'member' };
    assert.deepEqual(await changes.count(1), [{ group: 'dev', ...settings, retention, by: 'Ann' }]);
    assert.deepEqual((await bob.moderation.describe('dev')).retention, retention);
    for (const wrong of [{ messages: 0 }, { ageMs: 1.5 }, { bytes: -1 }, { days: 1 }]) {
      const code = await codeOf(ann.moderation.setRetention('dev', wrong));
      assert.equal(code, 'OPTION_INVALID');
    }
    assert.equal(await codeOf(bob.moderation.setRetention('dev', {})), 'NOT_ALLOWED');
    await ann.moderation.setRetention('dev', {});
    assert.deepEqual((await bob.moderation.describe('dev')).retention, {});
  });

  it('tells an invitation once to a process, however often it comes back', async (t) => {
    const store = new MemoryStore(new Uint8Array(32).fill(7));
    const world = await World.start(t, { store });
    const [ann] = await gather(world);
    const dora = await world.join('Dora');
    const [invitations, back] = [told(dora, 'invited'), told(dora, 'reconnected')];
    await ann.moderation.invite('dev', 'Dora');
    await invitations.count(1);
    await world.restart({ store });
    await back.count(1);
    await dora.joinGroup('dev');
    assert.equal(invitations.values.length, 1);
  });

  it('is removed by its owner once the others have left, and its name is free', async (t) => {
    const world = await World.start(t);
    const [ann, bob, carol] = await gather(world);
    assert.equal(await codeOf(ann.moderation.remove('dev')), 'GROUP_NOT_EMPTY');
    for (const client of [bob, carol]) await client.leaveGroup('dev');
    const lost = told(ann, 'groupLost');
    await ann.moderation.remove('Dev');
    assert.deepEqual([await lost.count(1), ann.groups], [['dev'], []]);
    assert.deepEqual(await bob.listGroups(), []);
    await bob.createGroup('DEV');
    await ann.joinGroup('dev');
    assert.equal((await ann.moderation.describe('dev')).owner, 'Bob');
  });
});
