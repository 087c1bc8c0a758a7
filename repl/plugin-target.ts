/** What somebody means who says which plugin to install: something on this machine, or a package. */

import { resolve } from 'node:path';
import { BanterError } from '../core/error-api.ts';

/** What is to be installed. */
export type PluginTarget =
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'package'; readonly wanted: WantedPackage };

/** A package of a registry of npm. */
export interface WantedPackage {
  /** `tea` or `@ann/tea`. */
  readonly name: string;
  /** A version, `^1.2.0`, `~1.2.0` or a tag; left out, what the registry calls the latest. */
  readonly version?: string;
}

/** Whoever writes this means a package, whatever lies in the working folder. */
const packagePrefix = 'npm:';

/** Of what can be a plugin's file; there are packages that are called so, and `npm:` is for them. */
const fileEnding = /\.(?:[cm]?[jt]s|json|tgz|tar|tar\.gz)$/i;

/** npm itself takes more, such as addresses of the web and of Git: nothing of those passes. */
const packagePattern =
  /^(?<name>(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*)(?:@(?<version>[~^]?[0-9a-z][0-9a-z.+-]*))?$/i;

/** npm gives no longer names, and a version needs no more. */
const packageCharactersMax = 300;

/**
 * A path begins with `.`, `/` or a drive, is there, or ends like a plugin's file; what else looks like a package is one.
 * `npm:` before it says so, and `./` says the opposite.
 * @param isThere whether there is such a file or folder
 * @throws BanterError OPTION_INVALID for what is called a package and cannot be one
 */
export function targetOf(spec: string, isThere: (path: string) => boolean): PluginTarget {
  if (spec.startsWith(packagePrefix)) {
    const wanted = packageOf(spec.slice(packagePrefix.length));
    if (wanted !== undefined) return { type: 'package', wanted };
    throw new BanterError(
      'OPTION_INVALID',
      `"${spec}" names no package: write npm:<name>, npm:<name>@<version> or npm:@<scope>/<name>`,
    );
  }
  const wanted = looksLikePath(spec) || isThere(resolve(spec)) ? undefined : packageOf(spec);
  return wanted === undefined ? { type: 'path', path: spec } : { type: 'package', wanted };
}

/** What npm is told. */
export function packageWords({ name, version }: WantedPackage): string {
  return version === undefined ? name : `${name}@${version}`;
}

function looksLikePath(spec: string): boolean {
  return /^(?:[./~\\]|[a-z]:)/i.test(spec) || fileEnding.test(spec);
}

function packageOf(spec: string): WantedPackage | undefined {
  const { name, version } = packagePattern.exec(spec)?.groups ?? {};
  if (name === undefined || spec.length > packageCharactersMax) return undefined;
  // npm takes these for files of its own working folder.
  if (/\.(?:tgz|tar|tar\.gz)$/i.test(spec)) return undefined;
  return version === undefined ? { name } : { name, version };
}
