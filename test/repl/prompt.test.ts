/** The prompt on a real terminal. */

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryHome } from '../support/home.ts';
import { openNode, type Terminal, type TerminalOptions } from '../support/terminal.ts';

const fixture = join(import.meta.dirname, 'prompt-fixture.ts');

async function open(
  t: TestContext,
  texts: readonly string[] = [],
  options?: TerminalOptions,
): Promise<Terminal> {
  const terminal = openNode(temporaryHome(t), [fixture, ...texts], {
    columns: 60,
    rows: 14,
    ...options,
  });
  await terminal.waitForScreen(/ann> ?$/);
  return terminal;
}

test('carries out commands and JavaScript, and exits at ctrl-d', async (t) => {
  const terminal = await open(t);
  terminal.type('join_group ops\r');
  await terminal.waitForScreen('ann #ops>');
  terminal.type('1 + 1; const a: number = 20\r');
  terminal.type('(await chat.listMembers()).length * a + 2\r');
  await terminal.waitForScreen(/\n42\nann #ops>/);
  terminal.key('ctrl-d');
  await terminal.waitForScreen('closed true with 0');
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
});

test('prints a message above a half-typed line and keeps line and cursor', async (t) => {
  const terminal = await open(t, ['hello there']);
  terminal.type('send bob half 日本語 typed');
  await terminal.waitForScreen('typed');
  const before = terminal.cursor;
  terminal.signal('SIGUSR2');
  const screen = await terminal.waitForScreen(/hello there\nann> send bob half 日本語 typed$/);
  assert.match(screen, /bob → you {3}hello there/);
  assert.equal(terminal.cursor.column, before.column);
  assert.equal(terminal.cursor.row, before.row + 1);
});

test('prints above a line that wraps, with the cursor in its middle', async (t) => {
  const terminal = await open(t, ['first', 'second']);
  terminal.type(`send bob ${'word '.repeat(20)}end`);
  await terminal.waitForScreen('end');
  terminal.key('home');
  terminal.signal('SIGUSR2');
  await terminal.waitForScreen('first');
  terminal.signal('SIGUSR2');
  const screen = await terminal.waitForScreen(/first\n.*second\nann> send bob word/);
  assert.equal(screen.match(/ann> send/g)?.length, 1);
  terminal.type(';1;');
  assert.match(await terminal.waitForScreen(';1;'), /ann> ;1;send bob word/);
});

test('keeps the line through a burst of 2000 messages, none of them lost', async (t) => {
  const terminal = await open(t, ['2000x burst']);
  terminal.type(`send bob ${'word '.repeat(15)}`);
  await terminal.waitForScreen(/(word ){3}/);
  terminal.signal('SIGUSR2');
  const screen = await terminal.waitForScreen(/burst 2000\nann> send bob word/);
  assert.equal(screen.match(/ann> send/g)?.length, 1);
  for (let n = 1; n <= 2000; n++) assert.ok(terminal.raw.includes(`burst ${n}\r`), String(n));
  terminal.type('end');
  await terminal.waitForScreen(/word end$/);
});

test('still prints above the line when the window has become wider', async (t) => {
  const terminal = await open(t, ['hello']);
  terminal.type(`send bob ${'word '.repeat(15)}`);
  await terminal.waitForScreen(/(word ){3}/);
  const at = terminal.raw.length;
  terminal.resize(120, 14);
  await terminal.waitFor('ann> send bob', at);
  terminal.signal('SIGUSR2');
  await terminal.waitForScreen(/hello\nann> send bob (word ){14}word$/);
});

test('counts what is unread in other groups', async (t) => {
  const terminal = await open(t, ['#ops look']);
  terminal.type('join_group ops\rjoin_group dev\r');
  await terminal.waitForScreen('ann #dev>');
  terminal.signal('SIGUSR2');
  await terminal.waitForScreen(/#ops bob {4}look\nann #dev \(1\)>/);
  terminal.type('join_group ops\r');
  await terminal.waitForScreen(/ann #ops>$/);
});

test('rings and does not control the terminal when others write escapes', async (t) => {
  const terminal = await open(t, ['#ops @ann \x1b[2J\x1b]0;pwned\x07']);
  terminal.type('join_group ops\r');
  await terminal.waitForScreen('ann #ops>');
  const at = terminal.raw.length;
  terminal.signal('SIGUSR2');
  await terminal.waitForScreen('@ann ␛[2J␛]0;pwned␇');
  assert.equal(terminal.raw.slice(at).split('\x07').length - 1, 1);
  assert.ok(!terminal.raw.includes('\x1b[2J') && !terminal.raw.includes('\x1b]0'));
});

test('runs lines typed ahead one after another', async (t) => {
  const terminal = await open(t);
  terminal.type('let n = 1; await chat.sleep(30); n = n * 2\rn = n + 5\rsend bob hi\r');
  const screen = await terminal.waitForScreen(/✓ bob: hi\nann>/);
  assert.match(screen, /\n2\nann> n = n \+ 5\n7\nann> send bob hi\n {6}✓ bob: hi\nann>/);
});

const running: Readonly<Record<string, string>> = {
  'a wait': 'setTimeout(console.log, 1, "begun"); await chat.next()',
  'a loop of awaits':
    'for (let n = 0; ; n++) { await chat.sleep(1); if (n === 1) console.log("begun") }',
  'a loop that never yields': 'console.log("begun"); for (;;);',
  'a loop that prints without end': 'for (;;) console.log("begun")',
};

for (const [what, code] of Object.entries(running)) {
  test(`ctrl-c interrupts ${what}`, async (t) => {
    const terminal = await open(t);
    terminal.type(`${code}\r`);
    await terminal.waitForScreen(/^begun$/m);
    terminal.key('ctrl-c');
    await terminal.waitForScreen(/error: interrupted\nann>/);
    terminal.type('6 * 7\r');
    await terminal.waitForScreen('\n42\n');
  });
}

test('ctrl-c undoes what a loop that never yields had asked for', async (t) => {
  const terminal = await open(t);
  terminal.type('console.log("begun"); for (;;) chat.send("bob", "x")\r');
  await terminal.waitForScreen(/^begun$/m);
  terminal.key('ctrl-c');
  await terminal.waitForScreen(/error: interrupted\nann>/);
  terminal.type('sent()\r');
  await terminal.waitForScreen(/\n0\nann>/);
});

test('ctrl-c clears the line, twice exits', async (t) => {
  const terminal = await open(t);
  terminal.type('half');
  terminal.key('ctrl-c');
  await terminal.waitForScreen(/half\nann> ?$/);
  terminal.key('ctrl-c');
  await terminal.waitForScreen('press Ctrl+C again');
  terminal.key('ctrl-c');
  await terminal.waitForScreen('closed true with 0');
});

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`de-registers and exits with ${code} at ${signal}, also while code runs`, async (t) => {
    const terminal = await open(t);
    terminal.type('await chat.next()\r');
    await terminal.waitFor(/chat\.next\(\)\r+\n/);
    terminal.signal(signal);
    await terminal.waitForScreen(`closed true with ${code}`);
    assert.deepEqual(await terminal.exit(), { code, signal: null });
  });
}

test('dereg exits', async (t) => {
  const terminal = await open(t);
  terminal.type('dereg bob\r');
  await terminal.waitForScreen('only "dereg ann"');
  terminal.type('dereg ann\r');
  await terminal.waitForScreen('closed true with 0');
});

test('holds messages back while the history is searched', async (t) => {
  const terminal = await open(t, ['meanwhile']);
  terminal.type('"needle"\r');
  await terminal.waitForScreen(/'needle'\nann>/);
  terminal.key('ctrl-r');
  await terminal.waitForScreen('bck-i-search');
  terminal.type('need');
  await terminal.waitForScreen('bck-i-search: need_');
  terminal.signal('SIGUSR2');
  terminal.type('l');
  assert.doesNotMatch(await terminal.waitForScreen('bck-i-search: needl_'), /meanwhile/);
  terminal.key('escape');
  await terminal.waitForScreen(/meanwhile\nann>/);
});

test('takes a multi-line paste as one entry that runs at enter', async (t) => {
  const terminal = await open(t);
  terminal.paste('function twice(x) {\n\treturn 2 * x\n}\nsend bob pasted\ntwice(21)\n');
  const pasted = await terminal.waitForScreen('twice(21)');
  assert.doesNotMatch(pasted, /✓/);
  terminal.key('enter');
  const screen = await terminal.waitForScreen(/\n42\nann>/);
  assert.match(screen, /✓ bob: pasted\n42/);
});

test('asks for more lines until a statement is complete', async (t) => {
  const terminal = await open(t);
  terminal.type('function half(x) {\rreturn x / 2\r}\r');
  await terminal.waitForScreen(/\| \}\nann>/);
  terminal.type('half(84)\r');
  await terminal.waitForScreen('\n42\n');
});

test('prints what other code writes above the line, harmlessly', async (t) => {
  const terminal = await open(t);
  terminal.type('process.once("SIGCONT", () => console.log("from afar \\x1b[2J")); 0\r');
  await terminal.waitForScreen(/\n0\nann>/);
  terminal.type('half');
  await terminal.waitForScreen('ann> half');
  terminal.signal('SIGCONT');
  await terminal.waitForScreen(/\nfrom afar ␛\[2J\nann> half$/);
});

test('survives errors of what was left running', async (t) => {
  const terminal = await open(t);
  terminal.type('setTimeout(() => { throw new TypeError("late") }, 1); 0\r');
  await terminal.waitForScreen('TypeError: late');
  terminal.type('Promise.reject(new TypeError("lost")), 0\r');
  await terminal.waitForScreen('TypeError: lost');
  terminal.type('6 * 7\r');
  await terminal.waitForScreen('\n42\n');
});

test('completes commands, groups and members of objects', async (t) => {
  const terminal = await open(t);
  terminal.type('join_g');
  await terminal.waitForScreen('ann> join_g');
  terminal.key('tab');
  await terminal.waitForScreen('ann> join_group');
  terminal.type('o');
  await terminal.waitForScreen('ann> join_group o');
  terminal.key('tab');
  await terminal.waitForScreen('ann> join_group ops');
  terminal.key('ctrl-u');
  terminal.type('await chat.sendGr');
  await terminal.waitForScreen('ann> await chat.sendGr');
  terminal.key('tab');
  await terminal.waitForScreen('ann> await chat.sendGroup');
});

test('keeps its history in a file that only the owner reads, without secrets', async (t) => {
  const home = temporaryHome(t);
  const file = join(home.path, 'history', 'lines');
  const environment = { HISTORY: file };
  const first = openNode(home, [fixture], { environment });
  await first.waitForScreen(/ann> ?$/);
  first.type('let password = 1\r');
  await first.waitForScreen(/password = 1\nann>/);
  first.type('"a line\\n"\r');
  await first.waitForScreen(/'a line\\n'\nann>/);
  first.key('up');
  await first.waitForScreen(/ann> "a line\\n"$/);
  first.key('up');
  first.key('ctrl-u');
  first.type('.exit\r');
  await first.exit();
  assert.equal(readFileSync(file, 'utf8'), `${JSON.stringify('"a line\\n"')}\n`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const second = openNode(home, [fixture], { environment });
  await second.waitForScreen(/ann> ?$/);
  second.key('up');
  await second.waitForScreen(/ann> "a line\\n"$/);
});

test('works on a terminal without cursor movements', async (t) => {
  const terminal = await open(t, ['hello'], { environment: { TERM: 'dumb', NO_COLOR: '1' } });
  terminal.type('send bob ha');
  await terminal.waitForScreen('ann> send bob ha');
  const at = terminal.raw.length;
  terminal.signal('SIGUSR2');
  await terminal.waitForScreen(/hello\nann> send bob ha$/);
  assert.ok(!terminal.raw.slice(at).includes('\x1b'));
  terminal.type('lf\r');
  await terminal.waitForScreen('✓ bob: half');
});

test('lists the commands by section, with an example each', async (t) => {
  const terminal = await open(t, [], { columns: 160, rows: 120 });
  terminal.type('.help\r');
  const screen = await terminal.waitForScreen(/Scripts & plugins/);
  assert.match(
    screen,
    /Talk.*send <user> <message…>.*e\.g\. send bob.*Groups.*Order.*You.*Scripts/s,
  );
  terminal.type('.plugins\r');
  await terminal.waitForScreen('started without plugins');
});
