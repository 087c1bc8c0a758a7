/** What was said, at the prompt, in scripts and in JavaScript. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from '../../../repl/chat-object.ts';
import { commandTable, parseArguments } from '../../../repl/commands/index.ts';
import { complete } from '../../../repl/completer.ts';
import { Formatter } from '../../../repl/format.ts';
import { ChatSession } from '../../../repl/session.ts';
import { MemoryChat } from '../memory-chat.ts';

const plain = new Formatter({ name: 'ann', colours: false });

/** Ann and Bob are in "ops", where Bob has said the numbers up to `count`. */
async function talked(count: number) {
  const network = new MemoryChat({ groupsPerClient: 2 });
  const [ann, bob] = [network.connect('ann'), network.connect('bob')];
  await ann.createGroup('ops');
  await ann.createGroup('dev');
  for (const client of [ann, bob]) await client.joinGroup('ops');
  for (let at = 1; at <= count; at++) await bob.sendGroup('ops', `number ${at}`);
  const session = new ChatSession({ client: ann });
  const chat = new Chat({
    session,
    currentSignal: () => undefined,
    onListenerError: () => {},
    onNotice: () => {},
  });
  const run = (line: string) => {
    const [, name = '', tail = ''] = /^(\S+)(.*)$/.exec(line) ?? [];
    const command = commandTable.get(name);
    assert.ok(command);
    const { signal } = new AbortController();
    return Promise.resolve().then(() =>
      command.run(session, parseArguments(command, tail), { signal }),
    );
  };
  return { ann, bob, session, chat, run };
}

test('history shows the newest messages last, each day under its date', async () => {
  const { run } = await talked(30);
  const result = await run('history 2');
  assert.ok(result.type === 'history');
  assert.deepEqual(
    result.messages.map(({ seq }) => seq),
    [30, 29],
  );
  const at = (...[month, day, hour]: readonly [number, number, number]): number =>
    new Date(2026, month, day, hour, 4).getTime();
  const [second, first] = result.messages;
  assert.ok(first && second);
  const messages = [
    { ...second, sentAtMs: at(0, 2, 9) },
    { ...first, sentAtMs: at(0, 1, 23) },
    { ...first, seq: 28, sentAtMs: at(0, 1, 22) },
  ];
  assert.equal(
    plain.result({ ...result, messages }),
    [
      '      · 2026-01-01',
      '22:04 #ops bob    number 29',
      '23:04 #ops bob    number 29',
      '      · 2026-01-02',
      '09:04 #ops bob    number 30',
    ].join('\n'),
  );
});

test('history shows twenty by default, of the current group, and as many as are asked for', async () => {
  const { run } = await talked(30);
  for (const [line, count] of [
    ['history', 20],
    ['history 5', 5],
    ['history 10000', 30],
  ] as const) {
    const result = await run(line);
    assert.ok(result.type === 'history');
    assert.deepEqual([result.group, result.messages.length], ['ops', count]);
  }
});

test('history refuses what is no number of messages, and history and search where there is no group', async () => {
  const { ann, run } = await talked(1);
  for (const count of ['0', '-1', 'x', '1.5', '10001', '1e3']) {
    await assert.rejects(run(`history ${count}`), {
      code: 'COMMAND_INVALID',
      message: `"${count}" is no number of messages from 1 to 10000; usage: history [count]`,
    });
  }
  await assert.rejects(run('history 1 2'), { code: 'COMMAND_INVALID' });
  await assert.rejects(run('search'), { code: 'COMMAND_INVALID', message: /missing <words>/ });
  await ann.leaveGroup('ops');
  for (const line of ['history', 'search number']) {
    await assert.rejects(run(line), { code: 'NOT_MEMBER', message: /join_group/ });
  }
});

test('search finds messages with all the words, and says so if there are none', async () => {
  const { run } = await talked(30);
  const result = await run('search number 12');
  assert.ok(result.type === 'found');
  assert.equal(
    plain.result(result).split('\n').at(-1)?.replace(/^\S+ /, ''),
    '#ops bob    number 12',
  );
  assert.equal(plain.result(await run('search \x1b[2J')), 'nothing in #ops contains "␛[2J"');
});

test('an empty history says so', async () => {
  const { run } = await talked(0);
  assert.equal(plain.result(await run('history')), 'nothing was said in #ops yet');
});

test('text of the past cannot control the terminal', async () => {
  const { bob, run } = await talked(0);
  await bob.sendGroup('ops', '\x1b]0;pwned\x07\r\nann> send bob yes');
  assert.match(plain.result(await run('history')), /␛\]0;pwned␇ ⏎ ann> send bob yes$/);
});

test('chat.history() and chat.search() give messages as objects, of any group one is in', async () => {
  const { ann, bob, chat } = await talked(3);
  assert.deepEqual(
    (await chat.history()).map(({ text }) => text),
    ['number 3', 'number 2', 'number 1'],
  );
  assert.deepEqual(
    (await chat.history({ limit: 1, before: 3 })).map(({ text }) => text),
    ['number 2'],
  );
  for (const client of [ann, bob]) await client.joinGroup('dev');
  await bob.sendGroup('dev', 'elsewhere');
  assert.equal(chat.group, 'dev');
  assert.equal((await chat.search('elsewhere')).length, 1);
  assert.equal((await chat.search('number', { group: 'ops', limit: 2 })).length, 2);
  const [newest] = await chat.history({ group: 'ops' });
  assert.deepEqual([newest?.type, newest?.group, newest?.seq], ['group', 'ops', 3]);
});

test('both are offered at the prompt, and words that are searched for are not completed', async () => {
  const { session } = await talked(0);
  const options = {
    session,
    vocabulary: { commands: commandTable, dotForms: new Map<string, string>() },
    completeCode: async () => [[], ''] as const,
  };
  assert.deepEqual((await complete('his', options))[0], ['history ']);
  assert.deepEqual((await complete('sea', options))[0], ['search ']);
  assert.deepEqual((await complete('search b', options))[0], []);
});
