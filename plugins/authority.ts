/** Who decides what a plugin may do: whoever loads it by name, the file of grants, or the person who is asked. */

import { BanterError } from '../core/error-api.ts';
import type { GrantBook, GrantRecord } from './grant-book.ts';
import { Granted } from './granted.ts';
import { builtinIdentity } from './location.ts';
import type { Manifest } from './manifest.ts';
import { describePermission, type Permission, perGroup } from './permissions.ts';
import { nameAnywhere } from './shell-words.ts';

/** A plugin that wants to run. */
export interface PermissionRequest {
  readonly manifest: Manifest;
  /** As it was named when it was loaded. */
  readonly spec: string;
  readonly file: string;
  /** What grants hold for. */
  readonly source: string;
}

/** Decides; resolves with at least everything that the manifest asks for. @throws BanterError PERMISSION_NOT_GRANTED */
export type Authorize = (request: PermissionRequest) => Granted | Promise<Granted>;

/** What a person is asked. */
export interface PermissionQuestion {
  readonly plugin: string;
  readonly version: string;
  readonly description: string;
  readonly file: string;
  /** What it asks for and has not been granted, at least one, each with its words. */
  readonly missing: readonly { readonly permission: Permission; readonly words: string }[];
  /** Whether some of it can be limited to groups. */
  readonly canLimit: boolean;
  /** What was granted to an earlier version, or to this one before it asked for more. */
  readonly before: { readonly version: string; readonly grants: readonly string[] } | undefined;
}

/** Everything that is missing, perhaps in some groups only; or nothing. */
export type PermissionAnswer = 'no' | { readonly groups?: readonly string[] };

/** How to decide. */
export interface AuthorityOptions {
  readonly book: GrantBook;
  /** Asks whoever sits there; without it what is not granted is refused. */
  readonly ask?: ((question: PermissionQuestion) => Promise<PermissionAnswer>) | undefined;
  /** What the message of a refusal tells to type, before plugin and permissions. Default `banter plugin grant`. */
  readonly grantCommand?: string | undefined;
}

/** Decides by the file of grants. What comes with Banter needs none; what is asked for less than before is remembered so. */
export function authority({ book, ask, grantCommand }: AuthorityOptions): Authorize {
  return async (request) => {
    const { manifest, source } = request;
    const { id, version, permissions } = manifest;
    if (source === builtinIdentity) return Granted.of(permissions);
    const known = book.find(id, source);
    const granted = (known?.granted ?? Granted.of([])).only(permissions);
    const missing = granted.missing(permissions);
    if (missing.length === 0) {
      const same = known?.granted.notation.length === granted.notation.length;
      // A plugin that asks for nothing leaves no trace.
      if (permissions.length > 0 && (!same || known?.version !== version)) {
        await book.update({ plugin: id, source, version }, (now) => now.only(permissions));
      }
      return granted;
    }
    const answer = await ask?.(questionOf(request, missing, known));
    if (answer === undefined) throw notGranted(request, missing, known, grantCommand);
    if (answer === 'no') {
      throw new BanterError(
        'PERMISSION_NOT_GRANTED',
        `${id} ${version} was not granted what it asks for`,
      );
    }
    const all = granted.with(Granted.of(missing, answer.groups));
    // Somebody may have granted more meanwhile.
    await book.update({ plugin: id, source, version }, (now) => now.only(permissions).with(all));
    return all;
  };
}

/** Decides by what was named when the plugin was loaded, which must be everything that it asks for. */
export function authorizeNamed(named: readonly string[]): Authorize {
  return ({ manifest: { id, version, permissions } }) => {
    const granted = Granted.parse(named).only(permissions);
    const missing = granted.missing(permissions);
    if (missing.length === 0) return granted;
    throw new BanterError(
      'PERMISSION_NOT_GRANTED',
      `${id} ${version} also asks for ${list(missing)}; name it in its "permissions" where the plugin is named`,
      { data: { plugin: id, missing } },
    );
  };
}

function questionOf(
  { manifest: { id, version, description }, file }: PermissionRequest,
  missing: readonly Permission[],
  known: GrantRecord | undefined,
): PermissionQuestion {
  const before =
    known === undefined ? undefined : { version: known.version, grants: known.granted.notation };
  return {
    plugin: id,
    version,
    description,
    file,
    missing: missing.map((permission) => ({ permission, words: describePermission(permission) })),
    canLimit: missing.some((permission) => perGroup.has(permission)),
    before,
  };
}

function notGranted(
  { manifest: { id, version }, spec, file }: PermissionRequest,
  missing: readonly Permission[],
  known: GrantRecord | undefined,
  grantCommand = 'banter plugin grant',
): BanterError {
  const wish =
    known === undefined
      ? `${id} ${version} asks for ${list(missing)}`
      : `${id} ${version} asks for more than was granted to ${known.version}: ${list(missing)}`;
  const name = nameAnywhere(spec, file);
  const command = [grantCommand, name, ...missing].join(' ');
  return new BanterError('PERMISSION_NOT_GRANTED', `${wish}; to grant it: ${command}`, {
    data: { plugin: id, missing, command },
  });
}

function list(missing: readonly Permission[]): string {
  return missing
    .map((permission) => `${permission} (${describePermission(permission)})`)
    .join(', ');
}
