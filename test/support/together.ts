/** Test files that share a process. */

import { readdirSync } from 'node:fs';

/** The test files of a folder, in the order of their names. */
export function testsIn(folder: URL): readonly URL[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
  return names.toSorted().map((name) => new URL(name, folder));
}

/**
 * Runs the tests of a folder in this process: where they are short, a process for each file would cost twice what the
 * tests themselves do.
 */
export async function runTogether(folder: URL): Promise<void> {
  for (const file of testsIn(folder)) await import(file.href);
}
