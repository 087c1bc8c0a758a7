import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client, Server } from '../../core/index.ts';
import { builtinPlugins, PluginRuntime } from '../../plugins/index.ts';
import { temporaryHome } from '../support/home.ts';
import { startNode } from '../support/processes.ts';

const pages = [
  { file: 'README.md', id: 'echo', ask: '!echo twice', answer: /^twice$/ },
  { file: 'docs/PLUGINS.md', id: 'dice', ask: '!roll', answer: /^ann rolled [1-6]$/ },
];

for (const { file, id, ask, answer } of pages) {
  test(`the plugin in ${file} loads and answers`, { timeout: 60_000 }, async (t) => {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    const [, source] = /```ts\n([^`]*?definePlugin(?:[^`]|`[^`]+`)*?)```/.exec(text) ?? [];
    assert.ok(source !== undefined);
    const { path } = temporaryHome(t);
    const plugin = join(path, `${id}.ts`);
    await writeFile(plugin, source);

    await using server = await Server.start({ port: 0, host: '127.0.0.1' });
    const options = { server: `127.0.0.1:${server.address.port}`, serverKey: server.key };
    await using robot = await Client.connect({ ...options, name: 'robot', bot: true });
    await using ann = await Client.connect({ ...options, name: 'ann' });
    await using runtime = await PluginRuntime.start({ client: robot });
    assert.equal((await runtime.load(plugin)).id, id);
    await ann.createGroup('lab');
    await Promise.all([ann.joinGroup('lab'), robot.joinGroup('lab')]);
    const answered = new Promise<string>((resolve) =>
      ann.once('groupMessageReceived', (message) => resolve(message.text)),
    );
    await ann.sendGroup('lab', ask);
    assert.match(await answered, answer);
  });
}

for (const { file, id } of pages) {
  test(`the test in ${file} passes`, { timeout: 60_000 }, async (t) => {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    const blocks = Array.from(text.matchAll(/```ts\n(.*?)\n```/gs), ([, block = '']) => block);
    const plugin = blocks.find((block) => block.includes(`id: '${id}'`));
    const source = blocks.find((block) => block.includes(`start } from 'banter/testing'`));
    assert.ok(plugin !== undefined && source !== undefined);
    const home = temporaryHome(t);
    await writeFile(join(home.path, `${id}.ts`), plugin);
    const world = new URL('../../plugins/testing.ts', import.meta.url);
    const path = join(home.path, `${id}.test.mts`);
    await writeFile(path, source.replace("'banter/testing'", `'${world}'`));
    const run = startNode(home, ['--test', '--test-reporter=tap', path]);
    await run.waitFor(/^# pass 1$/m);
  });
}

test('every built-in plugin is small, has tests, and is documented as an example of one thing', async () => {
  const page = await readFile(new URL('../../docs/PLUGINS.md', import.meta.url), 'utf8');
  const [, list = ''] = page.split('\n## Built in\n');
  const entries = list.split(/\n(?=- `)/);
  for (const id of builtinPlugins) {
    const source = await readFile(
      new URL(`../../plugins/builtin/${id}.ts`, import.meta.url),
      'utf8',
    );
    const [, ...imports] = source.split(/^import .* from /m);
    assert.deepEqual(
      imports.filter((rest) => !rest.startsWith("'../sdk.ts'")),
      [],
      id,
    );
    assert.ok(source.split('\n').length <= 150, id);
    const tests = new URL(`builtin/${id}.test.ts`, import.meta.url);
    assert.match(await readFile(tests, 'utf8'), /^test\(/m);
    const entry = entries.find((text) => text.startsWith(`- \`${id}\`: `)) ?? '';
    assert.match(entry.replaceAll(/\s+/g, ' '), / An example of [^.]+\./, id);
  }
});

test('more than sixty attacks run against the real process', async () => {
  const folder = new URL('attacks/', import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, folder), 'utf8')));
  // What an attack is made of stands in one place of its table.
  const attacks = sources.flatMap((source) => source.match(/^ {4}(?:code|index): /gm) ?? []);
  assert.ok(attacks.length > 100, `${attacks.length}`);
});
