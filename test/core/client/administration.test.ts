import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Client } from '../../../core/client/client.ts';
import { BanterError } from '../../../core/errors.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import type { ServerOptions } from '../../../core/server/options.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { temporaryHome } from '../../support/home.ts';
import { codeOf, knows, told, World } from './world.ts';

/** A server that Ann runs: she has come before it was said so. */
async function run(
  t: TestContext,
  options: ServerOptions = {},
): Promise<{ readonly world: World; readonly ann: Client; readonly home: string }> {
  const home = temporaryHome(t).path;
  const store = new MemoryStore(new Uint8Array(32).fill(1));
  const world = await World.start(t, { store, ...options });
  await (await world.join('Ann', { dataDir: join(home, 'ann') })).close();
  await world.restart({ store, operators: ['ann'], ...options });
  const ann = await world.join('Ann', { dataDir: join(home, 'ann') });
  return { world, ann, home };
}

/** The error with which a client ends. */
async function endOf(client: Client): Promise<BanterError> {
  const [error]: unknown[] = await once(client, 'closed');
  assert.ok(error instanceof BanterError);
  return error;
}

describe('an operator', () => {
  it('sends somebody away, who is told why and does not come back by itself', async (t) => {
    const { world, ann } = await run(t);
    const bob = await world.join('Bob');
    const ended = endOf(bob);
    await ann.administration.kick('bob', 'lunch is over');
    const error = await ended;
    assert.equal(error.code, 'KICKED_FROM_SERVER');
    assert.equal(error.message, 'sent away by Ann: lunch is over');
    assert.equal(await codeOf(bob.listGroups()), 'CLOSED');
  });

  it('bans a key, over a restart of the server, and lifts the ban', async (t) => {
    const { world, ann, home } = await run(t);
    const dataDir = join(home, 'bob');
    const bob = await world.join('Bob', { dataDir });
    const ended = endOf(bob);
    await ann.administration.ban('Bob', 'spam');
    assert.equal((await ended).code, 'BANNED_FROM_SERVER');
    assert.equal(await codeOf(world.join('Bob', { dataDir })), 'BANNED_FROM_SERVER');
    assert.equal(
      await codeOf(world.join('Bob', { dataDir, auxiliary: true })),
      'BANNED_FROM_SERVER',
    );
    const [ban] = await ann.administration.bans();
    assert.deepEqual([ban?.name, ban?.key, ban?.reason, ban?.by], ['Bob', bob.key, 'spam', 'Ann']);
    await ann.administration.unban(bob.key);
    assert.ok((await world.join('Bob', { dataDir })).connected);
  });

  it('releases a name: others forget it, and another key may claim it', async (t) => {
    const { world, ann } = await run(t);
    const [bob, carl] = [await world.join('Bob'), await world.join('Carl')];
    await knows(carl, 'Bob');
    const changed = told(carl, 'directoryChanged');
    const ended = endOf(bob);
    await ann.administration.release('bob');
    assert.equal((await ended).code, 'NAME_RELEASED');
    await changed.until((values) => values.some(([entry]) => entry?.name === 'Bob'));
    assert.equal(carl.directory.has('Bob'), false);
    const heir = await world.join('bob');
    assert.equal(heir.name, 'bob');
    await knows(carl, 'bob');
    assert.equal(carl.directory.get('bob')?.key, heir.key);
    await knows(ann, 'bob');
    assert.equal(ann.directory.get('bob')?.key, heir.key);
  });

  it('is whom another one has made it, beside a present client, too', async (t) => {
    const { world, ann, home } = await run(t);
    const dataDir = join(home, 'bob');
    const bob = await world.join('Bob', { dataDir });
    assert.equal(await codeOf(bob.administration.operators()), 'NOT_OPERATOR');
    await ann.administration.addOperator('Bob');
    const beside = await world.join('Bob', { dataDir, auxiliary: true });
    const operators = await beside.administration.operators();
    assert.deepEqual(
      operators.map(({ name, configured }) => [name, configured]),
      [
        ['Ann', true],
        ['Bob', false],
      ],
    );
    assert.equal(await codeOf(bob.administration.removeOperator('Ann')), 'OPERATOR_STAYS');
    await ann.administration.removeOperator('Bob');
    assert.equal(await codeOf(bob.administration.operators()), 'NOT_OPERATOR');
  });

  it('tells everybody something', async (t) => {
    const { world, ann } = await run(t);
    const bob = await world.join('Bob');
    const announced = told(bob, 'announced');
    await ann.administration.announce('back at noon');
    const [announcement] = await announced.count(1);
    assert.deepEqual([announcement?.by, announcement?.text], ['Ann', 'back at noon']);
  });

  it('reads what operators did, newest first', async (t) => {
    const { ann } = await run(t);
    await ann.administration.setAccess('invitation');
    await ann.administration.allow('f'.repeat(64));
    await ann.administration.announce('done');
    const trail = await ann.administration.audit();
    assert.deepEqual(
      trail.map(({ by, action, target, detail }) => [by, action, target, detail]),
      [
        ['Ann', 'announce', undefined, 'done'],
        ['Ann', 'allow', 'f'.repeat(64), undefined],
        ['Ann', 'access', 'invitation', 'and whoever has a name'],
      ],
    );
    assert.equal((await ann.administration.audit(2)).length, 2);
  });

  it('is told at once of what no server would read', async (t) => {
    const { ann } = await run(t);
    const { administration } = ann;
    const long = 'x'.repeat(201);
    const unusable = [
      administration.kick('Bob', long),
      administration.ban('Bob', long),
      administration.announce(long),
      administration.createInvitation({ note: long }),
      administration.createInvitation({ uses: 0 }),
      administration.revokeInvitation('xyz'),
    ];
    for (const promise of unusable) assert.equal(await codeOf(promise), 'OPTION_INVALID');
    assert.equal(await codeOf(administration.allow(long)), 'USER_UNKNOWN');
    const many = administration.createInvitation({ uses: 10_001 });
    assert.equal(await codeOf(many), 'BAD_REQUEST');
  });
});

describe('a server that is closed to strangers', () => {
  it('lets in who brings an invitation, once is enough, and no more keys than it is for', async (t) => {
    const { world, ann, home } = await run(t);
    await ann.administration.setAccess('invitation');
    const dataDir = join(home, 'bob');
    assert.equal(await codeOf(world.join('Bob', { dataDir })), 'NOT_ADMITTED');
    const { token, id } = await ann.administration.createInvitation({ note: 'for Bob' });
    const [open] = await ann.administration.invitations();
    assert.deepEqual([open?.id, open?.usesLeft, open?.note], [id, 1, 'for Bob']);
    const bob = await world.join('Bob', { dataDir, invitation: token });
    await bob.close();
    assert.ok((await world.join('Bob', { dataDir })).connected);
    assert.equal(await codeOf(world.join('Carl', { invitation: token })), 'INVITATION_INVALID');
    assert.deepEqual(await ann.administration.invitations(), []);
  });

  it('lets in who is on its list, and who was there before', async (t) => {
    const { world, ann, home } = await run(t);
    const bob = await world.join('Bob', { dataDir: join(home, 'bob') });
    await ann.administration.setAccess('allow-list');
    assert.ok(bob.connected);
    const { access, keys } = await ann.administration.access();
    assert.deepEqual([access, keys.map(({ name }) => name)], ['allow-list', ['Ann', 'Bob']]);
    const seed = new Uint8Array(32).fill(9);
    await ann.administration.allow(toHex(new SodiumCrypto().identity(seed).publicKey));
    assert.equal(await codeOf(world.join('Carl')), 'NOT_ADMITTED');
    const ended = endOf(bob);
    await ann.administration.disallow('Bob');
    assert.equal((await ended).code, 'NOT_ADMITTED');
  });

  it('is entered by whoever has an invitation also while it is open', async (t) => {
    const { world } = await run(t);
    const bob = await world.join('Bob', { invitation: '0'.repeat(32) });
    assert.ok(bob.connected);
  });

  it('refuses an invitation that is none before anything is sent', async () => {
    const connected = Client.connect({ name: 'Bob', server: '127.0.0.1:9', invitation: 'please' });
    assert.equal(await codeOf(connected), 'OPTION_INVALID');
  });
});
