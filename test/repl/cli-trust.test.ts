/** `banter trust`: a changed key is refused until a person says otherwise. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import { hostServer, hostServerAt } from '../support/server.ts';

async function run(home: Home, args: readonly string[]): Promise<ChildProgram> {
  const program = startBanter(home, args);
  await program.exit();
  return program;
}

test('a server with another key is refused until it is trusted', async (t) => {
  const home = temporaryHome(t);
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const ask = ['-e', 'whoami', '--as', 'ann', address];
  const before = await hostServerAt(home, port);
  assert.deepEqual(await (await run(home, ask)).exit(), { code: 0, signal: null });
  await before.close();
  const after = await hostServerAt(home, port);
  assert.notEqual(after.fingerprint, before.fingerprint);

  const refused = await run(home, ask);
  assert.deepEqual(await refused.exit(), { code: 4, signal: null });
  assert.match(
    refused.stderr,
    new RegExp(`another key than expected: ${after.fingerprint}\n.*banter trust`),
  );
  const wrong = await run(home, ['trust', `${address}#${before.fingerprint}`]);
  assert.deepEqual(await wrong.exit(), { code: 4, signal: null });
  assert.match(wrong.stderr, new RegExp(`another key than the one given: ${after.fingerprint}`));

  const trusted = await run(home, ['trust', `${address}#${after.fingerprint}`]);
  assert.equal(
    trusted.stdout,
    `${address} is trusted with the key ${after.fingerprint} (before: ${before.fingerprint})\n`,
  );
  assert.deepEqual(await (await run(home, ask)).exit(), { code: 0, signal: null });
  const same = await run(home, ['trust', address]);
  assert.equal(same.stdout, `${address} is trusted as before: ${after.fingerprint}\n`);
});

test('a peer’s key is the one it tells of itself, and is forgotten on request', async (t) => {
  const home = temporaryHome(t);
  const address = await hostServer(home);
  const bob = startBanter(home, ['run', '-', address, '--as', 'bob']);
  bob.write('whoami');
  const { captures } = await bob.waitFor(/bob, in no group.*; your key ([0-9a-f]{64})\n/);
  const greeting = await run(home, ['-e', 'send bob hi', '--as', 'ann', address]);
  assert.deepEqual(await greeting.exit(), { code: 0, signal: null }, greeting.output);
  const folder = join(
    home.path,
    'data/banter/servers',
    address.replace('127.0.0.1:', 'localhost%3A'),
    'ann',
  );
  // What bob says of himself by other means is what ann has pinned.
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'peers.json'), 'utf8')), {
    bob: captures[0],
  });

  const forget = ['trust', address, 'bob', '--as', 'ann'];
  const forgotten = await run(home, forget);
  assert.match(forgotten.stdout, /^the key of bob is forgotten; /);
  assert.doesNotMatch(readFileSync(join(folder, 'peers.json'), 'utf8'), /"bob"/);
  const again = await run(home, forget);
  assert.deepEqual(await again.exit(), { code: 1, signal: null });
  assert.equal(again.stdout, 'ann has no key of bob to forget\n');
  const stranger = await run(home, ['trust', address, 'bob', '--as', 'eve']);
  assert.deepEqual(await stranger.exit(), { code: 2, signal: null });
  assert.match(stranger.stderr, /^error: "eve" was never used at /);
});

test('trust says when no server answers', async (t) => {
  const program = await run(temporaryHome(t), ['trust', `127.0.0.1:${await freePort()}`]);
  assert.deepEqual(await program.exit(), { code: 3, signal: null });
  assert.match(program.stderr, /^error: no server answers at /);
});
