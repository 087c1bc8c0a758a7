/** Lines for people, completion, history and suggestions. */

import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { BanterError, type GroupMessage } from '../../../core/index.ts';
import { commandTable, dotForms, sections } from '../../../repl/commands/index.ts';
import { complete } from '../../../repl/completer.ts';
import { Formatter } from '../../../repl/format.ts';
import { History } from '../../../repl/history.ts';
import { describeRetention } from '../../../repl/retention.ts';
import { ChatSession } from '../../../repl/session.ts';
import { closest } from '../../../repl/suggestion.ts';
import { textLines } from '../../../repl/text-lines.ts';
import { MemoryChat } from '../memory-chat.ts';

const plain = new Formatter({ name: 'ann', colours: false });
const coloured = new Formatter({ name: 'ann', colours: true });

function groupMessage(text: string, from = 'eve'): GroupMessage {
  return {
    type: 'group',
    mid: '0',
    group: 'ops',
    from,
    text,
    seq: 1,
    logId: '0',
    sentAtMs: new Date(2026, 0, 1, 12, 5).getTime(),
    bot: false,
    hops: 0,
    recovered: false,
  };
}

test('lays messages out in columns', () => {
  assert.equal(plain.message(groupMessage('@ann deploy?')), '12:05 #ops eve    @ann deploy?');
  const {
    group: _group,
    seq: _seq,
    logId: _logId,
    recovered: _recovered,
    ...rest
  } = groupMessage('hi', 'bob');
  const message = { ...rest, type: 'private', heldBack: true, kept: false } as const;
  assert.equal(plain.message(message), '12:05 bob → you   hi  (held back)');
  assert.match(plain.message({ ...message, sentAtMs: Number.NaN }), /^--:-- /);
  const kept = { ...message, kept: true };
  assert.equal(plain.message(kept), '12:05 bob → you   hi  (sent 2026-01-01, kept for you)');
  assert.match(plain.message({ ...kept, sentAtMs: Number.NaN }), /sent ----------, kept/);
});

test('colours change nothing but colours, and a name has the same one everywhere', () => {
  const [one, other] = [coloured.message(groupMessage('a')), coloured.message(groupMessage('b'))];
  assert.equal(stripVTControlCharacters(one), plain.message(groupMessage('a')));
  assert.equal(one.replace(/a$/, ''), other.replace(/b$/, ''));
  assert.notEqual(one, plain.message(groupMessage('a')));
});

test('notices mentions of the own name as a word', () => {
  for (const text of ['ann?', '@ann', 'hi Ann!', '(ann)'])
    assert.ok(plain.mentions(groupMessage(text)), text);
  for (const text of ['anna', 'joann', 'ann-lee', 'x.ann'])
    assert.ok(!plain.mentions(groupMessage(text)), text);
  assert.ok(new Formatter({ name: 'a.b-c', colours: false }).mentions(groupMessage('@a.b-c')));
});

test('says errors in one line, with more only when debugging', () => {
  const error = new BanterError('USER_UNKNOWN', 'no user "bbo"; did you mean bob?');
  assert.equal(plain.error(error), 'error: no user "bbo"; did you mean bob?');
  const hasty = new BanterError('RATE_LIMITED', 'more than 50 requests a second', {
    data: { retryMs: 2400 },
  });
  assert.equal(plain.error(hasty), 'error: more than 50 requests a second; try again in 3 s');
  assert.equal(plain.error(new TypeError('a\nb\x1b[2J')), 'TypeError: a ⏎ b␛[2J');
  assert.equal(plain.error({ a: 1 }), 'thrown: { a: 1 }');
  const debug = new Formatter({ name: 'ann', colours: false, debug: true });
  assert.match(debug.error(error), /\nUSER_UNKNOWN: List who is there/);
});

test('shows values without letting them control the terminal', () => {
  assert.equal(plain.value(Symbol('\x1b[2J')), 'Symbol(␛[2J)');
});

test('says what a group keeps, in units that people count in', () => {
  const dayMs = 86_400_000;
  const words = [
    {},
    { ageMs: dayMs },
    { ageMs: 36_500 * dayMs, messages: 1 },
    { ageMs: 5_400_000, bytes: 1024 },
    { ageMs: 90_000 },
    { ageMs: 1, messages: 500, bytes: 50 * 1024 ** 2 },
  ].map(describeRetention);
  assert.deepEqual(words, [
    'keeps what the server keeps',
    'keeps 1 day at most',
    'keeps 36500 days, 1 message at most',
    'keeps 1.5 hours, 1 KiB at most',
    'keeps 1.5 minutes at most',
    'keeps 0.001 seconds, 500 messages, 50 MiB at most',
  ]);
});

test('the help shows every command under its section, with usage and example', () => {
  const help = plain.help([...commandTable.values()]);
  const places = sections.map((section) => help.indexOf(section));
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
  for (const { example, summary } of commandTable.values()) {
    assert.ok(help.includes(`e.g. ${example}`) && help.includes(summary));
  }
});

test('commands that plugins are told in messages are listed in the help, and completed in messages', async () => {
  const network = new MemoryChat();
  const roll = {
    name: 'roll',
    aliases: [],
    description: 'Rolls dice.',
    usage: '!roll <red|green> [count]',
    args: [{ choices: ['red', 'gr\x1b[2Jeen', 'green'] }, { choices: [] }],
  };
  const end = { name: 'end', aliases: [], description: 'Ends.', usage: '!end', args: [] };
  const plugin = { id: 'dice', version: '1.0.0', state: 'running', permissions: [], grants: [] };
  const session = new ChatSession({
    client: network.connect('ann'),
    plugins: {
      load: () => Promise.reject(new Error('not here')),
      reload: () => Promise.reject(new Error('not here')),
      unload: () => Promise.reject(new Error('not here')),
      record: () => Promise.reject(new Error('not here')),
      endRecording: () => Promise.resolve(undefined),
      askWith: () => undefined,
      kept: () => Promise.reject(new Error('not here')),
      explain: () => undefined,
      tap: () => undefined,
      untap: () => undefined,
      list: () => [{ ...plugin, commands: [roll, end] }],
    },
  });
  const help = commandTable.get('help');
  assert.ok(help);
  const result = await help.run(session, {}, { signal: new AbortController().signal });
  const lines = plain.result(result);
  assert.match(
    lines,
    /In messages, to your plugins\n {2}!roll <red\|green> \[count\] {2}Rolls dice\.\n {2}!end {23}Ends\./,
  );

  const completeCode = async (): Promise<readonly [readonly string[], string]> => [[], ''];
  const vocabulary = { commands: commandTable, dotForms };
  const at = (line: string) => complete(line, { session, vocabulary, completeCode });
  assert.deepEqual(await at('send_group !'), [['!end', '!roll '], '!']);
  assert.deepEqual(await at('send bob !ro'), [['!roll '], '!ro']);
  assert.deepEqual(await at('send_group !roll '), [['green', 'red'], '']);
  assert.deepEqual(await at('send bob !roll g'), [['green'], 'g']);
  assert.deepEqual(await at('send_group !roll red '), [[], '']);
  assert.deepEqual(await at('send_group '), [[], '']);
  assert.deepEqual(await at('send_group say !r'), [[], '!r']);
});

test('completes what a parameter names, and never message text', async () => {
  const network = new MemoryChat();
  const ann = network.connect('ann');
  for (const name of ['bob', 'bobby', 'b\x1b[2Jb']) network.connect(name);
  await ann.createGroup('ops');
  const session = new ChatSession({ client: ann });
  await session.listGroups();
  const asked: string[] = [];
  const options = {
    session,
    vocabulary: { commands: commandTable, dotForms },
    completeCode: async (expression: string) => {
      asked.push(expression);
      return [['sendBeacon'], expression] as const;
    },
  };
  const at = async (line: string): Promise<unknown> => complete(line, options);
  assert.deepEqual(await at('send b'), [['bob ', 'bobby '], 'b']);
  assert.deepEqual(await at('join_group '), [['ops '], '']);
  assert.deepEqual(await at('join_group ops '), [[], '']);
  assert.deepEqual(await at('send bob b'), [[], 'b']);
  assert.deepEqual(await at('send bob say "b'), [[], '"b']);
  assert.deepEqual(await at('plugin l'), [['list ', 'load '], 'l']);
  assert.deepEqual(await at('help who'), [['whoami'], 'who']);
  const bounds = ['keep_all ', 'keep_bytes ', 'keep_days ', 'keep_messages '];
  assert.deepEqual(await at('set_group keep_'), [bounds, 'keep_']);
  assert.deepEqual(await at('/who'), [['whoami'], 'who']);
  assert.deepEqual(await at('se'), [
    ['search ', 'send ', 'send_group ', 'set_group ', 'sendBeacon'],
    'se',
  ]);
  assert.deepEqual(await at("await chat.send('bo"), [['bob', 'bobby'], 'bo']);
  await at('await chat.se');
  assert.deepEqual(asked, ['se', 'chat.se']);
});

test('the history survives, is cut, and takes neither secrets nor repetitions', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'banter-history-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'deep', 'history');
  const history = await History.open(file);
  const secrets = [' hidden', 'token = 3', 'join_group ops sesame', 'set_group password sesame'];
  for (const entry of ['one', 'one', ...secrets, 'two\nlines', '']) history.add(entry);
  await history.flush();
  assert.equal(await readFile(file, 'utf8'), '"one"\n"two\\nlines"\n');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await appendFile(file, 'damaged\n{}\n');
  assert.deepEqual((await History.open(file)).entries, ['one', 'two\nlines']);
  await writeFile(file, Array.from({ length: 2500 }, (_, n) => `"${n}"\n`).join(''));
  assert.equal((await History.open(file)).entries.length, 1000);
  assert.equal((await readFile(file, 'utf8')).split('\n').length, 1001);
});

test('two sessions append to one history without losing lines', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'banter-history-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'history');
  const [one, other] = [await History.open(file), await History.open(file)];
  for (let n = 0; n < 50; n++) {
    one.add(`one ${n}`);
    other.add(`other ${n}`);
  }
  await Promise.all([one.flush(), other.flush()]);
  assert.equal((await History.open(file)).entries.length, 100);
});

test('suggests what is close, and nothing else', () => {
  const names = ['bob', 'eve', 'list_groups'];
  assert.equal(closest('bbo', names), 'bob');
  assert.equal(closest('BOB', names), 'bob');
  assert.equal(closest('lst_group', names), 'list_groups');
  assert.equal(closest('mallory', names), undefined);
});

test('reads lines however the text is cut', async () => {
  const bytes = new TextEncoder().encode('a\r\nzoë\n\nend');
  for (let size = 1; size <= bytes.length; size++) {
    const pieces = (async function* cut(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    })();
    const lines: string[] = [];
    for await (const line of textLines(pieces)) lines.push(line);
    assert.deepEqual(lines, ['a', 'zoë', '', 'end']);
  }
});
