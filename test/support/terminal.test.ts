/** Proves that the harness for terminals shows what a person would see. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { temporaryHome } from './home.ts';
import { openNode } from './terminal.ts';

test('shows the screen, not the characters that drew it', async (t) => {
  const script = "process.stdout.write('wrong\\r\\u001b[Kright\\n\\u001b[31mred\\u001b[0m')";
  const terminal = openNode(temporaryHome(t), ['-e', script]);
  assert.deepEqual(await terminal.exit(), { code: 0, signal: null });
  assert.equal(terminal.screen(), 'right\nred');
  assert.deepEqual(terminal.cursor, { column: 3, row: 1 });
  assert.match(terminal.raw, /wrong/);
});

test('types, presses keys and pastes', async (t) => {
  const terminal = openNode(temporaryHome(t), ['-i']);
  await terminal.waitForScreen(/^>$/m);
  terminal.type('6 * 8');
  terminal.key('backspace');
  terminal.type('7');
  terminal.key('enter');
  await terminal.waitForScreen(/^42$/m);
  terminal.paste("'pas' + 'ted'\n");
  await terminal.waitForScreen("'pasted'");
  terminal.key('ctrl-d');
  assert.equal((await terminal.exit()).code, 0);
});

test('marks a paste where the program asked for it', async (t) => {
  const script = `process.stdin.setRawMode(true);
    process.stdin.on('data', (text) => process.stdout.write(JSON.stringify(String(text))));
    process.stdout.write('\\u001b[?2004hready')`;
  const terminal = openNode(temporaryHome(t), ['-e', script]);
  await terminal.waitForScreen('ready');
  terminal.paste('a\nb');
  await terminal.waitForScreen('[200~a\\rb');
});

test('resizes the window of the program', async (t) => {
  const script = `const tell = () => console.log(process.stdout.columns + 'x' + process.stdout.rows);
    process.stdout.on('resize', tell); tell(); setInterval(() => {}, 1000)`;
  const terminal = openNode(temporaryHome(t), ['-e', script], { columns: 40, rows: 10 });
  await terminal.waitForScreen('40x10');
  terminal.resize(100, 30);
  await terminal.waitFor('100x30');
  terminal.key('ctrl-c');
  assert.deepEqual(await terminal.exit(), { code: null, signal: 'SIGINT' });
});

test('rejects with the screen when the program ends first', async (t) => {
  const terminal = openNode(temporaryHome(t), ['-e', "console.log('so far')"]);
  await assert.rejects(terminal.waitForScreen('never'), /did not show never; so far:\nso far/);
});
