/** Settings: which source wins, what each says of itself, and what is refused. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { BanterError } from '../../core/index.ts';
import {
  type Flags,
  loadConfig,
  ownName,
  type Surroundings,
  variableOf,
} from '../../repl/config.ts';
import { describeConfig } from '../../repl/origins.ts';
import { rules } from '../../repl/settings.ts';
import { temporaryHome } from '../support/home.ts';

interface Files {
  readonly dotenv?: string;
  readonly config?: string;
  readonly environment?: Surroundings['environment'];
}

function surround(t: TestContext, { dotenv, config, environment = {} }: Files): Surroundings {
  const { path } = temporaryHome(t);
  const configFile = join(path, 'config.json');
  if (dotenv !== undefined) writeFileSync(join(path, '.env'), dotenv);
  if (config !== undefined) writeFileSync(configFile, config);
  return { environment, folder: path, configFile, dataFolder: join(path, 'data') };
}

/** The message of the refusal that loading ends with. */
async function refusal(t: TestContext, files: Files, flags: Flags = {}): Promise<string> {
  try {
    await loadConfig(flags, surround(t, files));
  } catch (error) {
    assert.ok(error instanceof BanterError && error.code === 'OPTION_INVALID');
    return error.message;
  }
  assert.fail('nothing was refused');
}

test('a flag beats the environment, that a .env, that the config file, that the default', async (t) => {
  const everywhere = surround(t, {
    environment: { BANTER_NAME: 'env', BANTER_PORT: '2', BANTER_GROUP: '' },
    dotenv: 'BANTER_NAME=dotenv\nBANTER_PORT=3\nBANTER_GROUP=dotenv\nOTHER=1\n',
    config: '{ "name": "file", "port": 4, "group": "file", "server": "file" }',
  });
  const config = await loadConfig({ name: 'flag', port: undefined }, everywhere);
  const { configFile } = everywhere;
  assert.deepEqual(config.name, { value: 'flag', source: 'flag', origin: 'command line' });
  assert.deepEqual(config.port, { value: 2, source: 'environment', origin: 'BANTER_PORT' });
  assert.deepEqual(config.group, {
    value: 'dotenv',
    source: '.env',
    origin: '.env: BANTER_GROUP',
  });
  assert.deepEqual(config.server, { value: 'file', source: 'config file', origin: configFile });
  assert.deepEqual(config.groupsPerClient, { value: 1, source: 'default', origin: 'default' });
});

test('neither the data folder nor plugins are chosen by a .env', async (t) => {
  const strange = surround(t, { dotenv: 'BANTER_PLUGINS=./evil.ts\n' });
  const harmless = await loadConfig({}, strange);
  assert.deepEqual(harmless.plugins.value, []);
  assert.match(describeConfig(harmless, true), /ignored: BANTER_PLUGINS in \.env/);
  const surroundings = surround(t, { dotenv: 'BANTER_DATA=/elsewhere\n' });
  const config = await loadConfig({}, surroundings);
  assert.equal(config.data.value, surroundings.dataFolder);
  assert.match(describeConfig(config, true), /ignored: BANTER_DATA in \.env/);
  const chosen = { ...surroundings, environment: { BANTER_DATA: 'mine' } };
  assert.equal((await loadConfig({}, chosen)).data.value, join(surroundings.folder, 'mine'));
});

test('a value that is not of its type is refused, naming key, value and origin', async (t) => {
  assert.equal(
    await refusal(t, { environment: { BANTER_PORT: '66666' } }),
    'port must be a whole number from 0 to 65535, not "66666" (BANTER_PORT)',
  );
  assert.match(
    await refusal(t, { dotenv: 'BANTER_DEBUG=maybe' }),
    /debug must be true or false.*\.env/,
  );
  assert.match(
    await refusal(t, { config: '{ "server": 5 }' }),
    /server must be .* not 5 \(.*config\.json/,
  );
  assert.match(await refusal(t, {}, { groupsPerClient: '0' }), /from 1 to 1000.*command line/);
  assert.match(
    await refusal(t, { config: '{ "plugins": [{ "config": {} }] }' }),
    /plugins must be/,
  );
  assert.match(
    await refusal(t, { config: '{ "plugins": [{ "plugin": "x", "isolation": "machine" }] }' }),
    /plugins must be .*"isolation": "process"/,
  );
  assert.match(await refusal(t, {}, { name: ' ' }), /name must be a name/);
});

test('an unknown key of a file is refused, naming the file and what was probably meant', async (t) => {
  assert.match(
    await refusal(t, { dotenv: 'BANTER_NAM=x' }),
    /BANTER_NAM in .*\.env; did you mean BANTER_NAME/,
  );
  assert.match(
    await refusal(t, { config: '{ "prot": 1 }' }),
    /"prot" in .*config\.json; did you mean port/,
  );
  assert.match(await refusal(t, { config: '{' }), /config\.json is not JSON/);
  assert.match(await refusal(t, { config: '[]' }), /config\.json must hold one JSON object/);
});

test('a stranger among the variables is told, not refused', async (t) => {
  const config = await loadConfig({}, surround(t, { environment: { BANTER_NAM: 'x' } }));
  assert.match(describeConfig(config, true), /ignored: BANTER_NAM in the environment/);
  assert.doesNotMatch(describeConfig(config, false), /BANTER_NAM/);
});

test('a folder called .env is not read', async (t) => {
  const surroundings = surround(t, {});
  mkdirSync(join(surroundings.folder, '.env'));
  assert.equal((await loadConfig({}, surroundings)).port.value, 6666);
});

test('plugins are a list in every source', async (t) => {
  const listed = { plugins: ['logger', { plugin: './dice.ts', config: { sides: 6 } }] };
  const load = async (files: Files): Promise<unknown> =>
    (await loadConfig({}, surround(t, files))).plugins.value;
  assert.deepEqual(await load({ config: JSON.stringify(listed) }), [
    { plugin: 'logger', config: {} },
    { plugin: './dice.ts', config: { sides: 6 } },
  ]);
  assert.deepEqual(await load({ environment: { BANTER_PLUGINS: 'logger, ./dice.ts' } }), [
    { plugin: 'logger', config: {} },
    { plugin: './dice.ts', config: {} },
  ]);
});

test('secrets are masked', async (t) => {
  const config = '{ "plugins": [{ "plugin": "x", "config": { "apiToken": "abc", "a": 1 } }] }';
  const shown = describeConfig(await loadConfig({}, surround(t, { config })), true);
  assert.match(shown, /x \{"apiToken":"\*\*\*","a":1\}/);
});

test('every setting has a row, and a variable of its own', async (t) => {
  const rows = describeConfig(await loadConfig({}, surround(t, {})), true)
    .trimEnd()
    .split('\n');
  assert.deepEqual(
    rows.map((row) => row.split(' ')[0]),
    Object.keys(rules),
  );
  assert.equal(variableOf('groupsPerClient'), 'BANTER_GROUPS_PER_CLIENT');
});

test('a command that needs a name says so', async (t) => {
  const config = await loadConfig({}, surround(t, {}));
  assert.throws(() => ownName(config), { code: 'OPTION_INVALID', message: /BANTER_NAME/ });
});
