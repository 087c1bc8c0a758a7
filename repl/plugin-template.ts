/** What a new plugin begins with: small files that work, and show one thing of each kind. */

/**
 * The files of a plugin, by name.
 * @param id of the plugin, which needs no quoting anywhere
 * @param version of Banter, as package.json has it
 */
export function pluginTemplate(id: string, version: string): Readonly<Record<string, string>> {
  return {
    [`${id}.ts`]: source(id),
    [`${id}.test.ts`]: test(id),
    'README.md': readme(id),
    'package.json': inJson(manifest(id, version)),
    'tsconfig.json': inJson(typescript),
  };
}

function source(id: string): string {
  return `/** What this plugin is for, in a sentence. */

import { definePlugin } from 'banter/plugins';

export default definePlugin({
  id: '${id}',
  version: '1.0.0',
  description: 'Says hello.',
  permissions: ['message.read', 'message.send'],
  config: {
    greeting: { type: 'string', default: 'Hello', description: 'how people are greeted' },
  },
  setup(ctx) {
    ctx.command(
      {
        name: '${id}',
        description: 'Greets somebody.',
        args: [{ name: 'whom', type: 'rest', optional: true, description: 'you, if nobody' }],
        example: '!${id} bob',
      },
      ({ args, message }) => \`\${ctx.config.greeting}, \${args.whom || message.from}!\`,
    );

    ctx.on('mention', async (message) => {
      await message.reply(\`Yes, \${message.from}?\`);
    });
  },
});
`;
}

function test(id: string): string {
  return `import { test } from 'node:test';
import { start } from 'banter/testing';

const plugin = new URL('./${id}.ts', import.meta.url);

test('greets whom it is told to', async () => {
  await using world = await start({ plugins: [plugin] });
  await world.user('ann').says('!${id}');
  await world.user('ann').says('!${id} bob');
  await world.expect(['ann: !${id}', 'bot: Hello, ann!', 'ann: !${id} bob', 'bot: Hello, bob!']);
});

test('answers who calls it, and nobody else', async () => {
  await using world = await start({ plugins: [{ plugin, config: { greeting: 'Moin' } }] });
  await world.user('ann').says('good morning');
  await world.user('ann').says('bot: are you there?');
  await world.user('bob').says('!${id}');
  await world.expect([
    'ann: good morning',
    'ann: bot: are you there?',
    'bot: Yes, ann?',
    'bob: !${id}',
    'bot: Moin, bob!',
  ]);
  await world.pass('10m');
  await world.silence();
});
`;
}

function readme(id: string): string {
  return `# ${id}

A plugin for Banter. \`!${id}\` greets you, \`!${id} bob\` greets bob, and who mentions the client is answered.

| setting    | default | what it does           |
| ---------- | ------- | ---------------------- |
| \`greeting\` | \`Hello\` | how people are greeted |

It asks for \`message.read\` and \`message.send\`.

## Working on it

\`\`\`sh
banter chat ann --plugin ./${id}.ts --watch   # at the prompt, loaded anew whenever a file is saved
banter plugin test                            # its tests
banter plugin check                           # errors of manifest, bundle, permissions and types
banter plugin permissions ./${id}.ts          # what it asks for
\`\`\`

For types in your editor, install Banter beside it, from its package file:

\`\`\`sh
npm install --save-dev /path/to/banter-*.tgz
\`\`\`
`;
}

function manifest(id: string, version: string): object {
  return {
    name: id,
    version: '1.0.0',
    description: 'A plugin for Banter.',
    type: 'module',
    main: `./${id}.ts`,
    exports: `./${id}.ts`,
    files: ['*.ts', '!*.test.ts'],
    scripts: { check: 'banter plugin check', test: 'banter plugin test' },
    // Banter is installed by the author, from where it is to come; npm must not look for it by name.
    peerDependencies: { banter: `^${version}` },
    peerDependenciesMeta: { banter: { optional: true } },
    devDependencies: { '@types/node': '^24.0.0', typescript: '~6.0.0' },
  };
}

const typescript = {
  compilerOptions: {
    target: 'es2024',
    lib: ['es2024', 'esnext.disposable'],
    module: 'nodenext',
    moduleDetection: 'force',
    types: ['node'],
    noEmit: true,
    strict: true,
    erasableSyntaxOnly: true,
    verbatimModuleSyntax: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
  },
};

function inJson(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
