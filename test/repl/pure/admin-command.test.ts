/** The command of operators at the prompt: what it asks of the server, and the words that a person reads. */

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { runScript } from '../../../repl/script.ts';
import { MemoryChat } from '../memory-chat.ts';

/** What a line asks of the server, and what is printed for it. */
async function run(line: string): Promise<{ asked: unknown; out: string; error: string }> {
  const client = new MemoryChat().connect('ann');
  const [output, errorOutput] = [new PassThrough(), new PassThrough()];
  await runScript({ client, source: line, name: 'test.txt', output, errorOutput });
  output.end();
  errorOutput.end();
  const [sent] = client.sent;
  return {
    asked: sent === undefined ? undefined : JSON.parse(sent),
    out: await text(output),
    error: await text(errorOutput),
  };
}

const key = (byte: string): string => byte.repeat(32);

describe('the command admin', () => {
  const lines: readonly (readonly [string, object, string])[] = [
    ['operators', { type: 'listOperators' }, `${key('01')}  ann, configured\n`],
    ['operators add bob', { type: 'addOperator', who: 'bob' }, 'bob is an operator\n'],
    [
      'operators remove bob',
      { type: 'removeOperator', who: 'bob' },
      'bob is an operator no more\n',
    ],
    [
      'users e',
      { type: 'listAccounts', prefix: 'e', after: 0 },
      `eve  ${key('02')}  offline, bot, banned, listed\n`,
    ],
    [
      'kick eve calm  down',
      { type: 'evict', name: 'eve', reason: 'calm  down' },
      'eve is disconnected, and may come back\n',
    ],
    [
      'ban eve',
      { type: 'banKey', who: 'eve', reason: '' },
      'eve is banned: this key cannot register\n',
    ],
    ['unban eve', { type: 'unbanKey', who: 'eve' }, 'eve may come back\n'],
    [
      'bans',
      { type: 'listBannedKeys', after: 0 },
      `${key('02')}  eve, by ann at 1970-01-01T00:00Z: spam\n`,
    ],
    [
      'access',
      { type: 'listAdmissions', after: 0 },
      `access: invitation\n${key('03')}  (no name)\n`,
    ],
    [
      'access allow-list',
      { type: 'setAccess', access: 'allow-list', admitsKnown: true },
      'access: allow-list\n',
    ],
    [
      'access allow-list only-listed',
      { type: 'setAccess', access: 'allow-list', admitsKnown: false },
      'access: allow-list\n',
    ],
    ['allow eve', { type: 'allow', who: 'eve' }, 'eve may come in\n'],
    ['disallow eve', { type: 'disallow', who: 'eve' }, 'eve is not on the list any more\n'],
    [
      'give_group ops bob',
      { type: 'transferGroup', group: 'ops', name: 'bob' },
      '#ops belongs to bob now\n',
    ],
    ['remove_group ops', { type: 'removeGroup', group: 'ops' }, '#ops is removed\n'],
    [
      'invitations',
      { type: 'listInvitations', after: 0 },
      '0a0a0a0a  for 2 more until 1970-01-01T00:00Z, by ann: the class\n',
    ],
    [
      'audit 1',
      { type: 'readAudit', after: 0 },
      '1970-01-01T00:00Z  ann: kick eve in #ops: calm down\n',
    ],
    [
      'announce lunch  at one',
      { type: 'announce', text: 'lunch at one' },
      'announced: lunch at one\n',
    ],
  ];
  for (const [line, asked, out] of lines) {
    it(`asks the server and tells what came of it: admin ${line}`, async () => {
      assert.deepEqual(await run(`admin ${line}`), { asked, out, error: '' });
    });
  }

  it('warns whoever releases a name that peers have pinned its key', async () => {
    const { asked, out } = await run('admin release bob');
    assert.deepEqual(asked, { type: 'releaseName', name: 'bob' });
    assert.match(out, /refused the new one until "banter trust <server> bob"/);
  });

  it('takes keys, days and a note of an invitation, and shows its token', async () => {
    const { asked, out } = await run('admin invite 30 14 for the class');
    assert.deepEqual(asked, {
      type: 'createInvitation',
      uses: 30,
      days: 14,
      note: 'for the class',
    });
    assert.match(out, /^(0b){16}\n.*--invitation (0b){16}"\n$/);
    const short = await run('admin invite');
    assert.deepEqual(short.asked, { type: 'createInvitation', uses: 1, days: 7, note: '' });
  });

  for (const [line, words] of [
    ['admin', /missing <action>/],
    ['admin dance', /"dance" is not one of operators, users/],
    ['admin kick', /missing <who>; usage: admin kick <who>/],
    ['admin give_group', /missing <who>; usage: admin give_group <group> <who>/],
    ['admin give_group ops', /missing <who>; usage: admin give_group <group> <who>/],
    ['admin remove_group', /missing <group>; usage: admin remove_group <group>/],
    ['admin operators raise bob', /neither add nor remove/],
    ['admin access closed', /access is open, allow-list, invitation, not "closed"/],
    ['admin access open now', /"now" is not "only-listed"/],
    ['admin invite many', /"many" is no number/],
    ['admin audit all', /"all" is not a whole number/],
  ] as const) {
    it(`says what is wrong with: ${line}`, async () => {
      const { asked, error } = await run(line);
      assert.equal(asked, undefined);
      assert.match(error, words);
    });
  }
});
