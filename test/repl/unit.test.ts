/** The unit for systemd: what the page shows is the file that is installed, and it starts a server. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { temporaryHome } from '../support/home.ts';
import { banterPath, startBanter } from '../support/processes.ts';

const docs = join(import.meta.dirname, '../../docs');
const unit = readFileSync(join(docs, 'banter.service'), 'utf8');

/** The arguments of `banter` in the unit. */
function startArguments(): readonly string[] {
  const [, line = ''] = /^ExecStart=\S+\/banter (.*)$/m.exec(unit) ?? [];
  return line.split(' ');
}

test('docs/OPERATIONS.md shows docs/banter.service', () => {
  const page = readFileSync(join(docs, 'OPERATIONS.md'), 'utf8');
  const [, ...rest] = unit.split('\n');
  assert.ok(page.includes(`\`\`\`ini\n${rest.join('\n')}\`\`\``));
});

test('docs/banter.service starts a server that ends as it says', async (t) => {
  const home = temporaryHome(t);
  const own: ReadonlyMap<string, string> = new Map([
    ['6666', '0'],
    ['9666', String(await freePort())],
    ['/var/lib/banter', join(home.path, 'state')],
  ]);
  const args = startArguments().map((argument) => own.get(argument) ?? argument);
  assert.deepEqual(args[0], 'serve');
  const server = startBanter(home, args);
  await server.waitFor('serverStarted');
  server.signal('SIGTERM');
  const { code } = await server.exit();
  assert.match(unit, new RegExp(`^SuccessExitStatus=${code}$`, 'm'));
});

test('docs/banter.service is what systemd takes, where there is one to ask', (t) => {
  const home = temporaryHome(t);
  const path = join(home.path, 'banter.service');
  writeFileSync(path, unit.replace('/usr/local/bin/banter', `${process.execPath} ${banterPath}`));
  const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', path], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    assert.equal('code' in error && error.code, 'ENOENT');
    return;
  }
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
