/** Plants violations of the project's own rules beside the real `.biome.json` and looks that each one is found. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after } from 'node:test';
import { allPlants, type Plant } from './plants.ts';

interface Diagnostic {
  readonly category: string;
  readonly severity: string;
  readonly message: string;
  readonly location: { readonly path: string };
}

interface Override {
  readonly linter: {
    readonly rules: {
      readonly style?: {
        readonly noRestrictedGlobals?: {
          readonly options: { readonly deniedGlobals: Readonly<Record<string, string>> };
        };
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly message: string }[] };
        };
      };
    };
  };
}

const top = join(import.meta.dirname, '../..');
const configuration = await readFile(join(top, '.biome.json'), 'utf8');
// The file is Biome's and Biome checks it; here only the parts that plants are made of are read.
const { overrides } = JSON.parse(configuration) as { readonly overrides: readonly Override[] };
const styles = overrides.map((override) => override.linter.rules.style);
const deniedGlobals = styles.flatMap((style) =>
  Object.keys(style?.noRestrictedGlobals?.options.deniedGlobals ?? {}),
);
const plants = allPlants(deniedGlobals);

const field = await mkdtemp(join(tmpdir(), 'banter-plants-'));
after(() => rm(field, { recursive: true, force: true }));
const diagnostics = await lintPlanted(plants);

for (const plant of plants) {
  test(plant.claim, () => {
    const said = diagnostics
      .filter(({ location }) => location.path === plant.path)
      .filter(({ severity }) => severity === 'error')
      .map(({ category, message }) => `${category}: ${message}`);
    if (plant.report === undefined) assert.deepEqual(said, []);
    else assert.ok(said.join('\n').includes(plant.report), `Biome said: ${said.join('\n')}`);
  });
}

test('has a plant for every restriction of imports in the configuration', () => {
  const restrictions = styles.flatMap((style) =>
    (style?.noRestrictedImports?.options.patterns ?? []).map(({ message }) => message),
  );
  const said = new Set(diagnostics.map(({ message }) => message));
  assert.deepEqual(
    restrictions.filter((message) => !said.has(message)),
    [],
  );
});

/** One run of Biome over all plants, in a folder that has the project's configuration and nothing else. */
async function lintPlanted(planted: readonly Plant[]): Promise<readonly Diagnostic[]> {
  await mkdir(join(field, 'test/lint'), { recursive: true });
  await writeFile(join(field, '.biome.json'), configuration);
  const rules = (await readdir(import.meta.dirname)).filter((name) => name.endsWith('.grit'));
  for (const rule of rules) {
    await copyFile(join(import.meta.dirname, rule), join(field, 'test/lint', rule));
  }
  for (const { path, source } of planted) {
    await mkdir(dirname(join(field, path)), { recursive: true });
    await writeFile(join(field, path), source);
  }
  const report: unknown = JSON.parse(await biomeReport());
  // The shape of Biome's JSON reporter; a change of it makes every test here fail.
  return (report as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
}

function biomeReport(): Promise<string> {
  const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
  const flags = ['--reporter=json', '--max-diagnostics=none', '--colors=off'];
  const options = { cwd: field, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((resolve) => {
    // Biome exits with 1 because it finds the plants; whatever else goes wrong shows as unparsable output.
    execFile(process.execPath, [biome, 'lint', ...flags, '.'], options, (_, stdout) =>
      resolve(stdout),
    );
  });
}
