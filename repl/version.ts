/** The version of this program. */

import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';

/** As package.json has it. */
export function readVersion(): string {
  const path = findPackageJSON('..', import.meta.url);
  const manifest: { readonly version?: unknown } =
    path === undefined ? {} : JSON.parse(readFileSync(path, 'utf8'));
  return String(manifest.version);
}
