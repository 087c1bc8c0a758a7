/** A private message to somebody absent, between real processes: kept over a kill of the server, shown at the prompt. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '../../core/index.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import { hostServer } from '../support/server.ts';
import { openBanter } from '../support/terminal.ts';

async function serve(home: Home, port: number, ...more: readonly string[]): Promise<ChildProgram> {
  const server = startBanter(home, ['serve', '-p', `${port}`, '--host', '127.0.0.1', ...more]);
  await server.waitFor(/#[\w-]{43}/);
  return server;
}

async function once(home: Home, line: string, name: string, server: string) {
  const program = startBanter(home, ['-e', line, '--as', name, '--json', server]);
  const { code } = await program.exit();
  const lines = program.stdout.split('\n').filter((each) => each !== '');
  return { code, told: lines.map((each) => JSON.parse(each)) };
}

/** Bob comes, claims the name, and goes, as he would from this home. */
async function visit(home: Home, address: string): Promise<void> {
  const dataDir = join(home.path, 'data/banter');
  const bob = await Client.connect({ name: 'bob', server: address, dataDir });
  await bob.close();
}

async function begin(t: TestContext, ...more: readonly string[]) {
  const home = temporaryHome(t);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const server = await serve(home, port, ...more);
  await visit(home, address);
  return { home, port, address, server };
}

test('a message to who is away outlives a kill of the server, and both sides hear of it', async (t) => {
  const { home, port, address, server } = await begin(t);
  const { code, told } = await once(home, 'send bob until Monday', 'ann', address);
  assert.equal(code, 0);
  const { receipt } = told.find(({ type }) => type === 'delivery');
  const { mid } = receipt;
  assert.deepEqual(receipt, { type: 'stored', mid, to: 'bob', durable: true });
  server.signal('SIGKILL');
  await server.exit();
  await serve(home, port);

  const bob = openBanter(home, ['chat', 'bob', address], { columns: 80, rows: 12 });
  await bob.waitForScreen(/ann → you {3}until Monday {2}\(sent \d{4}-\d\d-\d\d, kept for you\)/);
  const ann = startBanter(home, ['run', '-', address, '--as', 'ann', '--json']);
  ann.write('await new Promise(() => {})\n');
  await ann.waitFor(`"event":"privateMessageDelivered","mid":"${mid}","to":"bob"`);
});

test('the prompt completes who is away, says that a message is kept, and later that it arrived', async (t) => {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  await visit(home, address);
  const ann = openBanter(home, ['chat', 'ann', address], { columns: 80, rows: 12 });
  await ann.waitForScreen(/ann> ?$/);
  ann.type('send b');
  ann.key('tab');
  await ann.waitForScreen(/send bob ?$/);
  ann.type('see you\r');
  await ann.waitForScreen('… kept for bob until they are back: see you');
  const bob = openBanter(home, ['chat', 'bob', address], { columns: 80, rows: 12 });
  await bob.waitForScreen('see you');
  await ann.waitForScreen('bob is back and has your message');
});

test('a server that keeps none lets the sender know', async (t) => {
  const { home, address } = await begin(t, '--no-mailbox');
  const { code, told } = await once(home, 'send bob hello', 'ann', address);
  assert.notEqual(code, 0);
  assert.equal(told.find(({ type }) => type === 'error')?.code, 'PEER_UNREACHABLE');
});
