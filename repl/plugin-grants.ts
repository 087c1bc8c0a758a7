/** `banter plugin grant`, `revoke` and `permissions`: the file of what plugins were granted, from the command line. */

import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import {
  builtinIdentity,
  describePermission,
  GrantBook,
  Granted,
  type GrantRecord,
  inspectPlugin,
  type Permission,
  placeWords,
} from '../plugins/index.ts';
import type { Config } from './config.ts';
import { exitCodes } from './exit-codes.ts';
import { grantFileOf, installedDirOf } from './grant-file.ts';
import { safeText } from './safe-text.ts';

/** What to grant. */
export interface Grant {
  /** In the notation of grants; none for everything that the plugin asks for. */
  readonly permissions: readonly string[];
  /** Groups to which it is limited; those of `permissions` that name one already must not be. */
  readonly groups: readonly string[] | undefined;
}

/**
 * Grants, beside what was granted before; says what the plugin may do then. Resolves to the exit code.
 * @throws BanterError OPTION_INVALID for what it does not ask for; as `inspectPlugin` and `GrantBook` do
 */
export async function grantPlugin(
  config: Config,
  spec: string,
  { permissions, groups }: Grant,
): Promise<number> {
  const { manifest, source } = await inspectPlugin(spec, installedDirOf(config));
  const { id, version } = manifest;
  if (source === builtinIdentity) {
    process.stdout.write(`${id} comes with Banter and needs no grant\n`);
    return exitCodes.ok;
  }
  const wanted = wish(permissions.length === 0 ? manifest.permissions : permissions, groups);
  const [stranger] = wanted.without(manifest.permissions).notation;
  if (stranger !== undefined) {
    throw new BanterError(
      'OPTION_INVALID',
      `${id} ${version} does not ask for ${stranger}; it asks for ${manifest.permissions.join(', ') || 'nothing'}`,
    );
  }
  const book = new GrantBook(grantFileOf(config));
  const { granted } = await book.update({ plugin: id, source, version }, (before) =>
    before.only(manifest.permissions).with(wanted),
  );
  process.stdout.write(describeAsked(manifest.permissions, granted, `${id} ${version}`));
  return exitCodes.ok;
}

/** Takes back everything or the named permissions of a plugin by its id or its file. Resolves to the exit code. */
export async function revokePlugin(
  config: Config,
  plugin: string,
  permissions: readonly string[],
): Promise<number> {
  const book = new GrantBook(grantFileOf(config));
  const taken = Granted.parse(permissions);
  const named = taken.permissions;
  const file = `file:${await realpath(plugin).catch(() => resolve(plugin))}`;
  const gone = await book.reduce(
    (record) => record.plugin === plugin || record.source === file,
    (before) => (named.length === 0 ? Granted.of([]) : before.without(named)),
  );
  for (const record of gone) process.stdout.write(`${describeRecord(record)}\n`);
  if (gone.length > 0) return exitCodes.ok;
  process.stdout.write(`${safeText(plugin)} was granted nothing\n`);
  return exitCodes.failed;
}

/** Lists all grants, or tells in words what a plugin asks for and whether it has it. Resolves to the exit code. */
export async function describePermissions(
  config: Config,
  plugin: string | undefined,
  json: boolean,
): Promise<number> {
  const book = new GrantBook(grantFileOf(config));
  if (plugin === undefined) {
    const records = book.records();
    const lines = records.map(describeRecord);
    const text = lines.length === 0 ? 'no plugin was granted anything' : lines.join('\n');
    process.stdout.write(`${json ? JSON.stringify(records.map(plainRecord)) : text}\n`);
    return exitCodes.ok;
  }
  const { manifest, source } = await inspectPlugin(plugin, installedDirOf(config));
  const { id, version, permissions } = manifest;
  const isOurs = source === builtinIdentity;
  const granted = isOurs
    ? Granted.of(permissions)
    : (book.find(id, source)?.granted ?? Granted.of([])).only(permissions);
  const plain = { plugin: id, version, source, asks: permissions, grants: granted.notation };
  process.stdout.write(
    json ? `${JSON.stringify(plain)}\n` : describeAsked(permissions, granted, `${id} ${version}`),
  );
  return exitCodes.ok;
}

function wish(permissions: readonly string[], groups: readonly string[] | undefined): Granted {
  const all = Granted.parse(permissions);
  if (groups === undefined) return all;
  return Granted.of(all.permissions, groups);
}

function describeAsked(asked: readonly Permission[], granted: Granted, name: string): string {
  if (asked.length === 0) return `${name} asks for nothing\n`;
  const width = Math.max(...asked.map(({ length }) => length));
  const lines = asked.map((permission) => {
    const state = stateOf(permission, granted);
    return `  ${permission.padEnd(width)}  ${state}: ${describePermission(permission)}`;
  });
  return `${name} asks for\n${lines.join('\n')}\n`;
}

function stateOf(permission: Permission, granted: Granted): string {
  const own = granted.only([permission]).notation;
  if (own.length === 0) return 'not granted';
  const groups = own.flatMap((text) => text.split('@').slice(1));
  if (groups.length === 0) return 'granted';
  return `granted in ${groups.map((group) => `#${safeText(group)}`).join(' ')}`;
}

function describeRecord(record: GrantRecord): string {
  const { plugin, version, source, granted } = record;
  const may = granted.notation.map((grant) => safeText(grant)).join(', ') || 'nothing';
  return `${safeText(plugin)} ${safeText(version)} (${safeText(placeWords(source))}) may: ${may}`;
}

function plainRecord({ granted, ...record }: GrantRecord): Readonly<Record<string, unknown>> {
  return { ...record, grants: granted.notation };
}
