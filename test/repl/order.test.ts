/** The commands that keep order, between real clients, in the words that a person reads. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Client, Server } from '../../core/index.ts';
import { watchNotices } from '../../repl/notices.ts';
import { runScript } from '../../repl/script.ts';

async function serve(t: TestContext): Promise<(name: string) => Promise<Client>> {
  const server = await Server.start({ port: 0, host: '127.0.0.1' });
  const clients: Client[] = [];
  t.after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });
  return async (name) => {
    const address = `127.0.0.1:${server.address.port}`;
    const client = await Client.connect({ name, server: address, serverKey: server.key });
    clients.push(client);
    return client;
  };
}

/** What a script prints, and its error output. */
async function run(client: Client, source: string, json = false): Promise<[string, string]> {
  const [output, errorOutput] = [new PassThrough(), new PassThrough()];
  await runScript({ client, source, name: 'test.txt', output, errorOutput, json });
  output.end();
  errorOutput.end();
  return [await text(output), await text(errorOutput)];
}

/** What a client's person is told beside messages. */
function noticesOf(client: Client): string[] {
  const words: string[] = [];
  watchNotices(client, (notice) => {
    if (notice.words !== undefined && notice.event !== 'memberJoined') words.push(notice.words);
  });
  return words;
}

test('an owner keeps order in words, and those who are there read what happens', async (t) => {
  const connect = await serve(t);
  const [ann, bob, eve] = [await connect('ann'), await connect('bob'), await connect('eve')];
  await ann.createGroup('ops');
  for (const client of [ann, bob, eve]) await client.joinGroup('ops');
  const [notices, losses] = [noticesOf(bob), noticesOf(eve)];
  const [output, errors] = await run(
    ann,
    `topic
topic deploys on Thursdays
describe_group
role bob moderator
roles
mute eve 10 count to ten
unmute eve
kick eve calm down
ban eve
bans
unban eve
bans
clear_topic
transfer bob
chat.moderation.describe('ops').then(({ role }) => role)`,
  );
  // What they did themselves is told them once, as the result.
  assert.doesNotMatch(errors, /error|eve (is|was|may)|bob is/);
  assert.deepEqual(output.trim().split('\n'), [
    '#ops has no topic',
    'you set the topic of #ops',
    '#ops, of ann; 3 in it; open; keeps what the server keeps; you are owner',
    'topic: deploys on Thursdays (by ann)',
    'bob is moderator in #ops',
    'ann  owner',
    'bob  moderator',
    'eve is muted for 10 minutes',
    'eve may speak again',
    'eve is out of #ops',
    'eve is banned from #ops',
    'eve  by ann',
    'eve may join #ops again',
    'nobody is banned',
    'you took away the topic of #ops',
    '#ops belongs to bob now',
    'moderator',
  ]);
  while (notices.length < 8) await once(bob, 'roleChanged');
  assert.match(notices[2] ?? '', /^eve is muted in #ops until .* by ann: count to ten$/);
  assert.deepEqual(
    notices.filter((_, at) => at !== 2),
    [
      'topic of #ops: deploys on Thursdays (by ann)',
      'bob is moderator of #ops (by ann)',
      'eve may speak in #ops again (by ann)',
      'eve was kicked out of #ops by ann: calm down',
      '#ops has no topic any more (by ann)',
      'bob is owner of #ops (by ann)',
      'ann is moderator of #ops (by ann)',
    ],
  );
  assert.equal(losses.at(-1), 'you were kicked out of #ops by ann: calm down');
});

test('whoever may not, or says it wrongly, reads why and what to do', async (t) => {
  const connect = await serve(t);
  const ann = await connect('ann');
  await ann.createGroup('ops');
  await ann.joinGroup('ops');
  const cases: readonly (readonly [line: string, error: RegExp])[] = [
    ['kick ann', /a member of "ops" may not do that: it takes the role moderator/],
    ['transfer ann', /it takes the role owner/],
    ['mute ann soon', /"soon" is no number of minutes/],
    ['role ann king', /"king" is not one of newcomer, guest, member, moderator/],
    ['kick', /missing <member>; usage: kick <member> \[reason…\]/],
  ];
  for (const [at, [line, error]] of cases.entries()) {
    // A script ends with its client.
    const bob = await connect(`bob${at}`);
    await bob.joinGroup('ops');
    assert.match((await run(bob, line))[1], error);
  }
  assert.match((await run(await connect('bob'), 'kick ann'))[1], /you are in no group/);
});

test('programs read what was done as data', async (t) => {
  const connect = await serve(t);
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  await ann.createGroup('ops');
  for (const client of [ann, bob]) await client.joinGroup('ops');
  const [output] = await run(ann, 'mute bob 5\nroles\ndescribe_group', true);
  const lines = output.trim().split('\n');
  const results = lines
    .map((line) => JSON.parse(line))
    .flatMap(({ type, result }) => (type === 'result' ? [result] : []));
  assert.deepEqual(results, [
    { type: 'moderated', action: 'mute', group: 'ops', name: 'bob', minutes: 5 },
    { type: 'roles', group: 'ops', roles: [{ name: 'ann', role: 'owner' }] },
    {
      type: 'groupDescription',
      group: 'ops',
      owner: 'ann',
      role: 'owner',
      members: 2,
      inviteOnly: false,
      hasPassword: false,
      newcomers: 'member',
      retention: {},
    },
  ]);
});

test('an owner says how much is kept, bound by bound; members read it, and programs', async (t) => {
  const connect = await serve(t);
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  await ann.createGroup('ops');
  for (const client of [bob, ann]) await client.joinGroup('ops');
  const notices = noticesOf(bob);
  const lines = ['keep_days 30', 'keep_messages 500', 'keep_bytes 50M'];
  const setting = lines.map((line) => `set_group ${line}`).join('\n');
  const [output, errors] = await run(ann, `${setting}\ndescribe_group\nset_group keep_all`);
  assert.equal(errors, '');
  assert.deepEqual(output.trim().split('\n'), [
    '#ops is open now; it keeps 30 days at most',
    '#ops is open now; it keeps 30 days, 500 messages at most',
    '#ops is open now; it keeps 30 days, 500 messages, 50 MiB at most',
    '#ops, of ann; 2 in it; open; keeps 30 days, 500 messages, 50 MiB at most; you are owner',
    '#ops has no topic',
    '#ops is open now; it keeps what the server keeps',
  ]);
  while (notices.length < 4) await once(bob, 'settingsChanged');
  assert.equal(notices[0], '#ops is open now; it keeps 30 days at most (by ann)');
  const carl = await connect('carl');
  await carl.createGroup('den');
  await carl.joinGroup('den');
  const [json] = await run(carl, 'set_group keep_days 1', true);
  const entrance = { inviteOnly: false, hasPassword: false, newcomers: 'member' };
  assert.deepEqual(
    json
      .split('\n')
      .flatMap((line) => (line.includes('groupSet') ? [JSON.parse(line).result] : [])),
    [{ type: 'groupSet', group: 'den', ...entrance, retention: { ageMs: 86_400_000 } }],
  );
});

test('an owner says who is let in; who is invited reads how, and who knows the password joins with it', async (t) => {
  const connect = await serve(t);
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  const notices = noticesOf(bob);
  const isInvited = once(bob, 'invited');
  const [output, errors] = await run(
    ann,
    `create_group ops
join_group ops
set_group newcomers guest
set_group password "open sesame"
set_group invite_only on
invite bob
set_group invite_only off
create_group attic
remove_group attic`,
  );
  assert.equal(errors, '');
  const kept = '; it keeps what the server keeps';
  assert.deepEqual(output.trim().split('\n').slice(2), [
    `#ops is open, newcomers are guests now${kept}`,
    `#ops is open with a password, newcomers are guests now${kept}`,
    `#ops is invite-only, newcomers are guests now${kept}`,
    'bob is invited to #ops',
    `#ops is open with a password, newcomers are guests now${kept}`,
    'group attic created; enter it with "join_group"',
    '#attic is removed',
  ]);
  await isInvited;
  assert.deepEqual(notices, ['ann invites you to #ops: join_group ops']);
  const dora = await connect('dora');
  const attempts = 'join_group ops "open sesame"\ndescribe_group';
  assert.match((await run(dora, attempts))[0], /^you are in #ops\n.*you are guest$/ms);
  assert.match((await run(await connect('eve'), 'join_group ops'))[1], /asks for its password/);
  assert.match((await run(await connect('eve2'), 'join_group ops x'))[1], /is not the password/);
});

test('a setting that is none, or has a value that it cannot have, is refused with its usage', async (t) => {
  const connect = await serve(t);
  const wrong: readonly (readonly [line: string, error: RegExp])[] = [
    ['set_group invite_only perhaps', /usage: set_group invite_only on\|off/],
    ['set_group newcomers owner', /usage: set_group newcomers member\|guest/],
    ['set_group password', /usage: set_group password <password>/],
    ['set_group keep_days 0', /usage: set_group keep_days <n>, which is a whole number from 1 to/],
    ['set_group keep_messages', /usage: set_group keep_messages <n>, which is a whole number/],
    ['set_group keep_bytes 50', /usage: set_group keep_bytes <size>, which is a number of bytes/],
    ['set_group keep_all x', /usage: set_group keep_all/],
    ['set_group no_password x', /usage: set_group no_password/],
    ['remove_group nowhere', /not a member of "nowhere"/],
    ['set_group colour red', /"colour" is not one of invite_only, newcomers/],
  ];
  for (const [at, [line, error]] of wrong.entries()) {
    const client = await connect(`ann${at}`);
    await client.createGroup(`ops${at}`);
    await client.joinGroup(`ops${at}`);
    assert.match((await run(client, line))[1], error);
  }
});
