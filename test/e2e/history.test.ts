/** What was said, found again: at the prompt on a real terminal, and by one-shot commands. */

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { type Home, temporaryHome } from '../support/home.ts';
import { startBanter } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';
import { openBanter, type Terminal } from '../support/terminal.ts';

/** A server, and Ann at a prompt in "ops" who has said two things. */
async function talk(t: Parameters<typeof temporaryHome>[0]): Promise<{
  readonly home: Home;
  readonly address: string;
  readonly terminal: Terminal;
}> {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  const terminal = openBanter(home, ['chat', 'ann', address]);
  await terminal.waitForScreen(/ann> ?$/);
  terminal.type('create_group ops\rjoin_group ops\r');
  await terminal.waitForScreen('ann #ops>');
  terminal.type('send_group deploy on friday\r');
  await terminal.waitForScreen('✓ #ops: deploy on friday');
  terminal.type('send_group lunch at noon\r');
  await terminal.waitForScreen('✓ #ops: lunch at noon');
  return { home, address, terminal };
}

/** Only the end of a test says something more, so that all can look at the same. */
const { home, address, terminal } = await talk({ after });

async function run(
  home: Home,
  args: readonly string[],
  input?: string,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const program = startBanter(home, args);
  if (input !== undefined) program.write(input);
  program.end();
  const { code } = await program.exit();
  return { code, stdout: program.stdout, stderr: program.stderr };
}

test('a person reads back and searches at the prompt, the newest message last', async () => {
  terminal.key('ctrl-l');
  terminal.type('history\r');
  await terminal.waitForScreen(
    /· \d{4}-\d\d-\d\d\n\d\d:\d\d #ops ann {4}deploy on friday\n\d\d:\d\d #ops ann {4}lunch at noon\nann #ops>/,
  );
  terminal.key('ctrl-l');
  terminal.type('search FRIDAY deploy\r');
  await terminal.waitForScreen(/\d\d:\d\d #ops ann {4}deploy on friday\nann #ops>/);
  terminal.type('search nothing of the kind\r');
  await terminal.waitForScreen('nothing in #ops contains "nothing of the kind"');
  terminal.type('search ?!\r');
  await terminal.waitForScreen('error: there is no word to search for');
  terminal.type('(await chat.search("noon")).map(m => m.seq)\r');
  await terminal.waitForScreen('[ 2 ]');
  terminal.type('.help history\r');
  await terminal.waitForScreen(/history \[count\]\n {2}show what was said last/);
});

test('one-shot commands read, list and send beside the client that is present', async () => {
  const asAnn = ['--as', 'ann'];
  const history = await run(home, ['history', 'ops', address, ...asAnn]);
  assert.deepEqual([history.code, history.stderr], [0, '']);
  assert.match(
    history.stdout,
    /^ {6}· \d{4}-\d\d-\d\d\n\d\d:\d\d #ops ann {4}deploy on friday\n\d\d:\d\d #ops ann {4}lunch at noon\n$/,
  );
  const limited = await run(home, [
    'history',
    'ops',
    address,
    ...asAnn,
    '-n',
    '1',
    '--before',
    '2',
  ]);
  assert.match(limited.stdout, /deploy on friday\n$/);
  const found = await run(home, ['search', 'ops', 'noon', address, ...asAnn, '--json']);
  const { v, type, result } = JSON.parse(found.stdout);
  assert.deepEqual(
    [found.code, v, type, result.type, result.words],
    [0, 1, 'result', 'found', 'noon'],
  );
  assert.equal(result.messages[0].text, 'lunch at noon');
  const groups = await run(home, ['groups', address, ...asAnn]);
  assert.deepEqual(groups, { code: 0, stdout: 'ops\n', stderr: '' });
  const members = await run(home, ['members', 'ops', address, ...asAnn]);
  assert.deepEqual(members, { code: 0, stdout: 'ann\n', stderr: '' });
  const sent = await run(home, ['send', '#ops', '-', address, ...asAnn], 'from a pipe');
  assert.deepEqual(sent, { code: 0, stdout: '      ✓ #ops: from a pipe\n', stderr: '' });
  terminal.type('history 1\r');
  await terminal.waitForScreen(/#ops ann {4}from a pipe\nann #ops>/);
});

test('who is not there joins for as long as it takes, and does not count as a member', async () => {
  const asEve = ['--as', 'eve'];
  const history = await run(home, ['history', 'ops', address, ...asEve]);
  assert.match(history.stdout, /lunch at noon\n/);
  await terminal.waitForScreen(/eve went offline and left/);
  const members = await run(home, ['members', 'ops', address, ...asEve]);
  assert.deepEqual(members, { code: 0, stdout: 'ann\n', stderr: '' });
  const sent = await run(home, ['send', 'ann', 'in private', address, ...asEve, '--json']);
  assert.equal(JSON.parse(sent.stdout).type, 'delivery');
});

test('what a one-shot command cannot do it says, with the exit code and, asked for, as JSON', async () => {
  const asAnn = [address, '--as', 'ann'];
  const unknown = await run(home, ['history', 'osp', ...asAnn]);
  assert.deepEqual({ ...unknown, stderr: '' }, { code: 1, stdout: '', stderr: '' });
  assert.match(unknown.stderr, /^error: not a member of "osp"\n {7}Join the group first/);
  const absent = await run(home, ['history', 'osp', address, '--as', 'eve']);
  assert.match(absent.stderr, /^error: there is no group "osp"\n/);
  const wrong = await run(home, ['history', 'ops', ...asAnn, '-n', 'many']);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /^error: limit must be a whole number from 1, not "many"\n/);
  const wordless = await run(home, ['search', 'ops', '?!', ...asAnn, '--json']);
  assert.equal(wordless.code, 1);
  const { type, code, remedy } = JSON.parse(wordless.stdout);
  assert.deepEqual([type, code], ['error', 'SEARCH_INVALID']);
  assert.match(remedy, /Search for words/);
  const nowhere = await run(home, ['groups', '127.0.0.1:1', '--as', 'eve']);
  assert.equal(nowhere.code, 3);
  const missing = await run(home, ['search', 'ops']);
  assert.deepEqual([missing.code, missing.stdout], [2, '']);
});
