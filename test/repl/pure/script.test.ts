/** Scripts and pipes: commands and JavaScript, one after another, in words and as JSON. */

import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { runScript, type ScriptOptions } from '../../../repl/script.ts';
import { MemoryChat, type MemoryClient } from '../memory-chat.ts';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly ann: MemoryClient;
  readonly bob: MemoryClient;
}

class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function run(
  source: ScriptOptions['source'],
  options: Partial<ScriptOptions> & { readonly chat?: MemoryChat } = {},
): Promise<Run> {
  const { chat = new MemoryChat(), ...rest } = options;
  const [ann, bob] = [chat.connect('ann'), chat.connect('bob')];
  const [output, errorOutput] = [new Collector(), new Collector()];
  const code = await runScript({
    client: ann,
    source,
    name: 'test.txt',
    output,
    errorOutput,
    ...rest,
  });
  return { code, out: output.text, err: errorOutput.text, ann, bob };
}

function objects(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line): Readonly<Record<string, unknown>> => JSON.parse(line));
}

test('mixes commands and JavaScript, awaiting one after another', async () => {
  const { code, out, err, ann } = await run(`
# a comment
// another
send bob it's "fine" (really); honest
const names: string[] = ['x', 'y'];
for (const name of names) {
  await chat.send('bob', name)
}
const last = await chat.send('bob', 'z')
last.to
`);
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.deepEqual(ann.sent, [`bob: it's "fine" (really); honest`, 'bob: x', 'bob: y', 'bob: z']);
  assert.equal(out, `      ✓ bob: it's "fine" (really); honest\nbob\n`);
});

test('waits for a promise that a line leaves behind before the next line runs', async () => {
  const { ann } = await run(
    `chat.send('bob', '1')\nsend bob 2\nchat.send('bob', '3').then(() => chat.send('bob', '4'))\nsend bob 5`,
  );
  assert.deepEqual(ann.sent, ['bob: 1', 'bob: 2', 'bob: 3', 'bob: 4', 'bob: 5']);
});

test('stops at the first error, naming its line and the name that was meant', async () => {
  const { code, out, err } = await run('whoami\n\nsend bbo hi\nwhoami');
  assert.equal(code, 1);
  assert.equal(err, 'test.txt:3: error: no user "bbo"; did you mean bob?\n');
  assert.equal(out.split('\n').length, 2);
});

test('goes on after errors when told to, and still fails', async () => {
  const { code, err, ann } = await run('send bbo hi\nthrow new RangeError("no")\nsend bob hi', {
    keepGoing: true,
  });
  assert.equal(code, 1);
  assert.deepEqual(ann.sent, ['bob: hi']);
  assert.match(err, /^test\.txt:1: error: .*\ntest\.txt:2: RangeError: no\n$/);
});

test('says what a misspelt command probably was', async () => {
  const { err } = await run('lst_groups');
  assert.equal(err, 'test.txt:1: error: no command "lst_groups"; did you mean list_groups?\n');
});

test('explains a command written as a function', async () => {
  const { err } = await run(`send('bob', 'hi')`);
  assert.match(err, /"send" is a command, not a function; write it like "send bob/);
});

test('reports a statement that the script never finishes', async () => {
  const { code, err } = await run('whoami\nfunction f() {\n  return 1');
  assert.equal(code, 1);
  assert.match(err, /^test\.txt:2: IncompleteCode: the statement is incomplete/);
});

test('takes the next statement from a stream only when the one before is done', async () => {
  let taken = 0;
  const sentWhenTaken: number[] = [];
  const chat = new MemoryChat();
  async function* lines(): AsyncGenerator<string> {
    for (; taken < 50; taken++) {
      sentWhenTaken.push(chat.clients.get('ann')?.sent.length ?? 0);
      yield `send bob ${taken}\n`;
    }
  }
  const { code, ann } = await run(lines(), { chat });
  assert.equal(code, 0);
  assert.equal(ann.sent.length, 50);
  assert.deepEqual(sentWhenTaken, [...sentWhenTaken.keys()]);
});

test('prints messages on the output and notices beside it', async () => {
  const chat = new MemoryChat();
  const source = new PassThrough();
  const running = run(source, { chat });
  const ann = chat.clients.get('ann');
  ann?.receivePrivate('bob', 'hi\x1b[2J');
  ann?.emit('disconnected', 'no answer');
  source.end('whoami\n');
  const { out, err } = await running;
  assert.match(out, /bob → you {3}hi␛\[2J\n/);
  assert.match(err, /disconnected: no answer/);
});

test('finds an answer that came before it was waited for', async () => {
  const chat = new MemoryChat();
  expose('answer', (text: string) => chat.clients.get('ann')?.receivePrivate('bob', text));
  const { out, code } = await run(
    `send bob ping
     answer('pong 7')
     const message = await chat.next({ from: 'bob', text: /pong (\\d+)/ })
     message.text`,
    { chat },
  );
  assert.equal(code, 0);
  assert.match(out, /\npong 7\n$/);
});

test('speaks JSON, an object a line, with exact texts', async () => {
  const chat = new MemoryChat();
  const { code, out } = await run(
    `create_group ops\njoin_group ops\nsend_group hi "there" \x1b[2J\nchat.groups\n10n\nsend bob hi`,
    { chat, json: true },
  );
  assert.equal(code, 1);
  assert.deepEqual(
    objects(out).map(({ v, type, line }) => [v, type, line]),
    [
      [1, 'ready', undefined],
      [1, 'result', 1],
      [1, 'result', 2],
      [1, 'delivery', 3],
      [1, 'result', 4],
      [1, 'result', 5],
      [1, 'error', 6],
    ],
  );
  assert.deepEqual(chat.clients.get('ann')?.sent, ['#ops: hi "there" \x1b[2J']);
  assert.equal(objects(out).at(-1)?.['code'], 'NOT_WHILE_IN_GROUP');
});

test('takes command objects and answers with their ids', async () => {
  const { code, out, ann } = await run(
    [
      JSON.stringify({ command: 'send', user: 'bob', message: 'two\nlines', id: 'a' }),
      '',
      JSON.stringify({ command: 'list_users', id: 2 }),
      JSON.stringify({ command: 'send', user: 'bob', massage: 'x', id: 3 }),
      'nonsense',
    ].join('\n'),
    { json: true, jsonInput: true, keepGoing: true },
  );
  assert.equal(code, 1);
  assert.deepEqual(ann.sent, ['bob: two\nlines']);
  const [, delivery, users, typo, nonsense] = objects(out);
  assert.equal(delivery?.['id'], 'a');
  assert.equal(users?.['id'], 2);
  assert.match(String(typo?.['message']), /unknown argument "massage"/);
  assert.equal(nonsense?.['line'], 5);
});

test('ends at dereg, and does not run what follows', async () => {
  const { code, ann } = await run('dereg ann\nsend bob hi');
  assert.equal(code, 0);
  assert.deepEqual(ann.sent, []);
});

test('exits with 3 when the server is gone', async () => {
  const chat = new MemoryChat();
  const source = (async function* lines(): AsyncGenerator<string> {
    const ann = chat.clients.get('ann');
    if (ann !== undefined) ann.connected = false;
    yield 'list_groups\n';
  })();
  assert.equal((await run(source, { chat })).code, 3);
});

test('ends while waiting for input when the client is lost', async () => {
  const chat = new MemoryChat();
  const running = run(new PassThrough(), { chat });
  chat.clients.get('ann')?.emit('closed', new Error('gave up'));
  const { code, err } = await running;
  assert.equal(code, 3);
  assert.match(err, /gave up/);
});

test('an abort ends a loop, with the code that its reason names', async () => {
  const stop = new AbortController();
  const chat = new MemoryChat();
  expose('count', () => {
    if (chat.clients.get('ann')?.sent.length === 20) stop.abort(143);
  });
  const { code } = await run('whoami\nfor (;;) { await chat.send("bob", "x"); count() }', {
    chat,
    signal: stop.signal,
  });
  assert.equal(code, 143);
  assert.equal(chat.clients.get('ann')?.sent.length, 20);
});

test('exits quietly when nobody reads the output any more', async () => {
  const output = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
  });
  const { code, err } = await run('whoami\nwhoami\nawait new Promise(() => {})', { output });
  assert.equal(code, 0);
  assert.equal(err, '');
});

test('leaves no listener on the client', async () => {
  const { ann } = await run('whoami');
  assert.equal(ann.listenerCount, 0);
});

test('refuses plugins where there are none', async () => {
  const { err } = await run('plugin load x');
  assert.match(err, /started without plugins/);
});

/** Makes a function callable from scripts; they share the globals of the process. */
function expose(name: string, value: (...values: never[]) => unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
