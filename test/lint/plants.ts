/** Violations to plant, each with what Biome must say of it, and the innocent neighbours it must leave alone. */

/** One planted file. */
export interface Plant {
  /** What the file does, for the name of its test. */
  readonly claim: string;
  /** Where it stands, relative to the top of the checkout. */
  readonly path: string;
  readonly source: string;
  /** Part of the diagnostic that must come, or nothing where no error may come. */
  readonly report?: string;
}

/** A folder and a module it may not import, with the message of the rule. */
const forbiddenImports: readonly (readonly [folder: string, specifier: string, report: string])[] =
  [
    ['core/client', '../../plugins/index.ts', 'core knows nothing of'],
    ['core/client', '../../bots/index.ts', 'core knows nothing of'],
    ['core/server', '../../repl/index.ts', 'core knows nothing of'],
    ['core/net', '../../plugins/sdk.ts', 'core knows nothing of'],
    ['core/net', '../server/server.ts', 'net and store know nothing of'],
    ['core/net', '../client/client.ts', 'net and store know nothing of'],
    ['core/store', '../server/server.ts', 'net and store know nothing of'],
    ['core/store', '../client/client.ts', 'net and store know nothing of'],
    ['core/protocol', '../chat/types.ts', 'protocol imports only'],
    ['core/protocol', '../../core/chat/types.ts', 'protocol imports only'],
    ['core/protocol', '../net/udp.ts', 'protocol imports only'],
    ['core/protocol', '../index.ts', 'protocol imports only'],
    ['core/protocol', '../../plugins/index.ts', 'protocol imports only'],
    ['core/protocol', 'node:crypto', 'protocol imports only'],
    ['core/protocol', 'sodium-native', 'protocol imports only'],
    ['core/chat', '../protocol/connection.ts', 'chat imports only'],
    ['core/chat', '../server/server.ts', 'chat imports only'],
    ['core/chat', '../net/udp.ts', 'chat imports only'],
    ['core/chat', '../../repl/cli.ts', 'chat imports only'],
    ['core/chat', 'node:fs', 'chat imports only'],
    ['core/chat', 'tinyqueue', 'chat imports only'],
    ['plugins', '../core/client/client.ts', 'plugins import core through'],
    ['plugins/builtin', '../../core/errors.ts', 'plugins import core through'],
    ['plugins', '../bots/index.ts', 'plugins know nothing of'],
    ['plugins', '../repl/index.ts', 'plugins know nothing of'],
    ['bots', '../core/errors.ts', 'bots import core through'],
    ['bots', '../plugins/manifest.ts', 'bots import plugins through'],
    ['bots', '../repl/repl.ts', 'bots know nothing of'],
    ['repl', '../core/client/client.ts', 'repl imports core through'],
    ['repl/commands', '../../plugins/sdk.ts', 'repl imports plugins through'],
    ['repl', '../bots/runner.ts', 'repl imports bots through'],
  ];

/** A folder and a module it may import. */
const allowedImports: readonly (readonly [folder: string, specifier: string])[] = [
  ['core/client', '../net/driver.ts'],
  ['core/client', '../protocol/endpoint.ts'],
  ['core/client', '../chat/types.ts'],
  ['core/server', 'node:path'],
  ['core/net', '../protocol/crypto.ts'],
  ['core/net', 'node:dgram'],
  ['core/store', '../errors.ts'],
  ['core/protocol', './bytes.ts'],
  ['core/protocol', '../errors.ts'],
  ['core/protocol', 'tinyqueue'],
  ['core/chat', './types.ts'],
  ['core/chat', '../protocol/bytes.ts'],
  ['core/chat', '../protocol/codec.ts'],
  ['core/chat', '../errors.ts'],
  ['plugins', '../core/index.ts'],
  ['plugins/builtin', '../sdk.ts'],
  ['bots', '../core/index.ts'],
  ['bots', '../plugins/index.ts'],
  ['bots', '../plugins/sdk.ts'],
  ['repl', '../core/index.ts'],
  ['repl/commands', '../../plugins/index.ts'],
  ['repl', '../bots/index.ts'],
  ['test/core', '../../repl/repl.ts'],
];

/** Every way to name a module; all of them must be seen. */
const importForms: readonly (readonly [form: string, source: (specifier: string) => string])[] = [
  ['a named import', (specifier) => `import { a } from '${specifier}';\nexport const b = a;\n`],
  ['a type import', (specifier) => `import type { A } from '${specifier}';\nexport type B = A;\n`],
  ['a bare import', (specifier) => `import '${specifier}';\n`],
  [
    'a namespace import',
    (specifier) => `import * as a from '${specifier}';\nexport const b = a;\n`,
  ],
  ['a re-export', (specifier) => `export { a } from '${specifier}';\n`],
  ['a re-export of everything', (specifier) => `export * from '${specifier}';\n`],
  ['a dynamic import', (specifier) => `export const a = (): unknown => import('${specifier}');\n`],
];

/** What pure code may not do beside naming a forbidden global. */
const impurities: readonly (readonly [what: string, source: string, report: string])[] = [
  ['Math.random()', 'export const a = Math.random();', 'randomness as an argument'],
  ['Math.random as a value', 'export const a = Math.random;', 'randomness as an argument'],
  ['await', 'export const a = async (b: unknown) => await b;', 'awaits nothing'],
  [
    'for await',
    'export async function a(b: AsyncIterable<number>) {\n  for await (const c of b) return c;\n}',
    'awaits nothing',
  ],
  ['an async function', 'export async function a(): Promise<void> {}', 'no async functions'],
  ['an async arrow', 'export const a = async () => 1;', 'no async functions'],
  ['an async method', 'export class A {\n  async b(): Promise<void> {}\n}', 'no async functions'],
  [
    'a static async method',
    'export class A {\n  static async b(): Promise<void> {}\n}',
    'no async functions',
  ],
  [
    'an async method of an object',
    'export const a = { async b(): Promise<void> {} };',
    'no async functions',
  ],
];

/** What only the edge may do. */
const edgeReads: readonly (readonly [what: string, source: string])[] = [
  ['process.env', "export const a = process.env['HOME'];"],
  ['process.argv', 'export const a = process.argv.slice(2);'],
  ['a destructured process', 'const { env } = process;\nexport const a = env;'],
  ['the module node:process', "import { argv } from 'node:process';\nexport const a = argv;"],
];

/** Rules that hold everywhere, one violation each, and the name of the rule. */
const anywhere: readonly (readonly [what: string, source: string, rule: string])[] = [
  ['console', "export const a = (): void => console.log('');", 'noConsole'],
  ['any', 'export const a = (b: any): unknown => b;', 'noExplicitAny'],
  ['a default export', 'export default 1;', 'noDefaultExport'],
  ['an enum', 'export enum A {\n  B = 1,\n}', 'noEnum'],
  [
    'a floating promise',
    'async function a(): Promise<void> {}\nexport function b(): void {\n  a();\n}',
    'noFloatingPromises',
  ],
  [
    'a long function',
    `export function a(): void {\n${'  void 0;\n'.repeat(61)}}`,
    'LinesPerFunction',
  ],
  ['a long file', 'void 0;\n'.repeat(401), 'LinesPerFile'],
];

/** Every plant and every control; `deniedGlobals` are those that the configuration denies to pure code. */
export function allPlants(deniedGlobals: readonly string[]): readonly Plant[] {
  return [...importPlants(), ...purePlants(deniedGlobals), ...edgePlants(), ...generalPlants()].map(
    (plant, index) => ({ ...plant, path: plant.path.replace('#', String(index)) }),
  );
}

function* importPlants(): Generator<Plant> {
  for (const [folder, specifier, report] of forbiddenImports) {
    const claim = `refuses an import of ${specifier} in ${folder}`;
    yield { claim, path: `${folder}/plant-#.ts`, source: namedImport(specifier), report };
  }
  for (const [folder, specifier] of allowedImports) {
    const claim = `allows an import of ${specifier} in ${folder}`;
    yield { claim, path: `${folder}/plant-#.ts`, source: namedImport(specifier) };
  }
  for (const [form, source] of importForms) {
    const path = 'core/client/plant-#.ts';
    const report = 'core knows nothing of';
    const claim = `sees ${form} that goes the wrong way`;
    yield { claim, path, source: source('../../plugins/index.ts'), report };
    yield { claim: `allows ${form} that goes the right way`, path, source: source('../errors.ts') };
  }
  yield {
    claim: 'refuses an import type in the middle of a line',
    path: 'core/client/plant-#.ts',
    source: "export type A = import('../errors.ts').BanterError;\n",
    report: 'Import the type at the top',
  };
}

function namedImport(specifier: string): string {
  return `import { a } from '${specifier}';\n\nexport const b = a;\n`;
}

function* purePlants(deniedGlobals: readonly string[]): Generator<Plant> {
  for (const folder of ['core/protocol', 'core/chat']) {
    const path = `${folder}/plant-#.ts`;
    for (const name of deniedGlobals) {
      const source = `export const a = (): unknown => ${name};\n`;
      yield {
        claim: `refuses the global ${name} in ${folder}`,
        path,
        source,
        report: `global variable ${name}`,
      };
    }
    for (const [what, source, report] of impurities) {
      yield { claim: `refuses ${what} in ${folder}`, path, source, report };
      yield { claim: `allows ${what} in core/net`, path: 'core/net/plant-#.ts', source };
    }
    const max = 'export const a = (now: number): number => Math.max(now, 1);\n';
    yield { claim: `allows Math.max and now in ${folder}`, path, source: max };
    const own = 'export const a = (crypto: number): number => crypto;\n';
    yield { claim: `allows a parameter called crypto in ${folder}`, path, source: own };
  }
}

function* edgePlants(): Generator<Plant> {
  for (const [what, source] of edgeReads) {
    for (const folder of ['core/server', 'plugins', 'bots', 'repl/commands', 'repl']) {
      const path = `${folder}/plant-#.ts`;
      yield { claim: `refuses ${what} in ${folder}`, path, source, report: 'process' };
    }
    yield { claim: `allows ${what} in tests`, path: 'test/e2e/plant-#.ts', source };
  }
  for (const path of ['repl/bin.ts', 'repl/cli.ts', 'repl/config.ts']) {
    const source = 'export const a = [process.env, process.argv];\n';
    yield { claim: `allows process.env and process.argv in ${path}`, path, source };
  }
  const path = 'repl/plant-#.ts';
  yield {
    claim: 'allows process.stdout in repl',
    path,
    source: 'export const a = process.stdout;\n',
  };
}

function* generalPlants(): Generator<Plant> {
  for (const [what, source, report] of anywhere) {
    yield { claim: `refuses ${what}`, path: 'core/client/plant-#.ts', source, report };
  }
  const skipped = "import test from 'node:test';\n\ntest.skip('a', () => {});\n";
  const only = "import test from 'node:test';\n\ntest.only('a', () => {});\n";
  const path = 'test/core/plant-#.test.ts';
  yield { claim: 'refuses a skipped test', path, source: skipped, report: 'noSkippedTests' };
  yield { claim: 'refuses an exclusive test', path, source: only, report: 'noFocusedTests' };
}
