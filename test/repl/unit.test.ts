/** The units for systemd: what the page shows are the files that are installed, and they start what they should. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildProgram } from '../../repl/cli.ts';
import { freePort } from '../support/free-port.ts';
import { temporaryHome } from '../support/home.ts';
import { banterPath, startBanter } from '../support/processes.ts';

const docs = join(import.meta.dirname, '../../docs');
const units: ReadonlyMap<string, string> = new Map(
  ['banter.service', 'banter-bot.service'].map((name) => [
    name,
    readFileSync(join(docs, name), 'utf8'),
  ]),
);

/** The arguments of `banter` in a unit. */
function startArguments(name: string): readonly string[] {
  const [, line = ''] = /^ExecStart=\S+\/banter (.*)$/m.exec(units.get(name) ?? '') ?? [];
  return line.split(' ');
}

test('docs/OPERATIONS.md shows the units as they are', () => {
  const page = readFileSync(join(docs, 'OPERATIONS.md'), 'utf8');
  for (const unit of units.values()) {
    const [, ...rest] = unit.split('\n');
    assert.ok(page.includes(`\`\`\`ini\n${rest.join('\n')}\`\`\``));
  }
});

test('docs/banter.service starts a server that ends as it says', async (t) => {
  const home = temporaryHome(t);
  const own: ReadonlyMap<string, string> = new Map([
    ['6666', '0'],
    ['9666', String(await freePort())],
    ['/var/lib/banter', join(home.path, 'state')],
  ]);
  const args = startArguments('banter.service').map((argument) => own.get(argument) ?? argument);
  assert.deepEqual(args[0], 'serve');
  const server = startBanter(home, args);
  await server.waitFor('serverStarted');
  server.signal('SIGTERM');
  const { code } = await server.exit();
  assert.match(units.get('banter.service') ?? '', new RegExp(`^SuccessExitStatus=${code}$`, 'm'));
});

test('docs/banter-bot.service gives options that there are', async () => {
  let given: object = {};
  const program = buildProgram(async (flags) => {
    given = flags;
  });
  await program.parseAsync(startArguments('banter-bot.service'), { from: 'user' });
  assert.deepEqual(given, {
    server: 'chat.example.org',
    data: '/var/lib/banter-greeter',
    httpPort: '9667',
  });
});

test('the units are what systemd takes, where there is one to ask', (t) => {
  const home = temporaryHome(t);
  const paths = [...units].map(([name, unit]) => {
    const path = join(home.path, name);
    writeFileSync(path, unit.replace('/usr/local/bin/banter', `${process.execPath} ${banterPath}`));
    return path;
  });
  const { error, status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths], {
    encoding: 'utf8',
  });
  if (error !== undefined) {
    assert.equal('code' in error && error.code, 'ENOENT');
    return;
  }
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});
