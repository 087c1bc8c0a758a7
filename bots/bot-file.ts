/** What a bot is, and how it is read from a file: a module or JSON. */

import { readFile } from 'node:fs/promises';
import { dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BanterError, checkName } from '../core/client-api.ts';
import { Granted, isPluginName } from '../plugins/index.ts';

/** What the author of a bot writes. A key that is not listed here is refused. */
export interface BotDefinition {
  /** The name it speaks under. */
  readonly name: string;
  /** `host[:port][#fingerprint]`; left out, whoever runs the bot decides. */
  readonly server?: string;
  /** The groups it is in, 1 to 100; of more than the server allows it joins the first ones. */
  readonly groups: readonly string[];
  /** What it does: plugins that are built in or installed by name, others by path from the folder of the bot's file. At most 100. */
  readonly plugins: readonly (string | BotPlugin)[];
  readonly policy?: Partial<BotPolicy>;
  /** TCP port of this machine alone for `/healthz` and `/metrics`, 0 for any free one. Default: none is opened. */
  readonly httpPort?: number;
}

/** A plugin and its settings. */
export interface BotPlugin {
  readonly plugin: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * What it may do, such as `message.read`, or `message.read@ops` for a group: everything that its manifest asks for, and
   * nothing else counts then. Left out, `banter plugin grant` decides; what comes with Banter may do what it asks for.
   */
  readonly permissions?: readonly string[];
  /** `process` gives it a process of its own, even if its manifest does not ask for one; at most 16 of a bot. */
  readonly isolation?: 'process';
}

/** What a bot does when its surroundings are not as it needs them. */
export interface BotPolicy {
  /** Make groups that are missing. Default true. */
  readonly createGroups: boolean;
  /**
   * `exit` ends the bot when a plugin is in quarantine and not tried again, so that a supervisor sees it; `go-on` logs it.
   * Default `exit`.
   */
  readonly whenPluginFails: 'exit' | 'go-on';
  /** Load plugins again, after a while each time, that are quarantined for what may pass. Default true. */
  readonly retryPlugins: boolean;
}

/** A bot that was read: complete, and plugins found by absolute paths. */
export interface Bot {
  readonly name: string;
  readonly server: string | undefined;
  readonly groups: readonly string[];
  readonly plugins: readonly CompletePlugin[];
  readonly policy: BotPolicy;
  readonly httpPort: number | undefined;
}

/** A plugin with everything that was said of it. */
export type CompletePlugin = Required<Omit<BotPlugin, 'permissions' | 'isolation'>> & {
  readonly permissions: readonly string[] | undefined;
  /** Undefined: as its manifest asks, or as all plugins of the bot are run. */
  readonly isolate: true | undefined;
};

const listMax = 100;

/** Types a bot. A bot's file exports the result as its default: `export default defineBot({ … })`. */
export function defineBot(definition: BotDefinition): BotDefinition {
  return definition;
}

/**
 * Reads a bot's file: a module (`.ts`, `.js`, `.mts`, `.mjs`), which runs with all rights of this process, or `.json`.
 * @throws BanterError OPTION_INVALID naming the file, the key and what was expected
 */
export async function readBotFile(file: string): Promise<Bot> {
  const path = resolve(file);
  const value = extname(path) === '.json' ? await readJson(path) : await importDefault(path);
  return parseBot(value, file, dirname(path));
}

/** Checks what a bot's file holds; `folder` is where relative paths of plugins start. @throws BanterError OPTION_INVALID */
export function parseBot(value: unknown, file: string, folder: string): Bot {
  const { name, server, groups, plugins, policy, httpPort } = fields(value, file, '', [
    'name',
    'server',
    'groups',
    'plugins',
    'policy',
    'httpPort',
  ]);
  return {
    name: parseName(name, file, 'name'),
    server: server === undefined ? undefined : parseText(server, file, 'server'),
    groups: parseList(groups, file, 'groups', parseName),
    plugins: parseList(plugins, file, 'plugins', (entry, _file, key) =>
      parsePlugin(entry, file, key, folder),
    ),
    policy: parsePolicy(policy ?? {}, file),
    httpPort: httpPort === undefined ? undefined : parsePort(httpPort, file, 'httpPort'),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parsePlugin(entry: unknown, file: string, key: string, folder: string): CompletePlugin {
  const given = typeof entry === 'string' ? { plugin: entry } : entry;
  const known = ['plugin', 'config', 'permissions', 'isolation'];
  const { plugin, config = {}, permissions, isolation } = fields(given, file, key, known);
  const spec = parseText(plugin, file, `${key}.plugin`);
  if (isolation !== undefined && isolation !== 'process') {
    throw wrong(file, `${key}.isolation`, '"process" or left out', isolation);
  }
  return {
    plugin: isPluginName(spec) ? spec : resolve(folder, spec),
    config: fields(config, file, `${key}.config`),
    permissions:
      permissions === undefined
        ? undefined
        : parsePermissions(permissions, file, `${key}.permissions`),
    isolate: isolation === undefined ? undefined : true,
  };
}

/** An empty list is for a plugin that asks for nothing. */
function parsePermissions(value: unknown, file: string, key: string): readonly string[] {
  if (!Array.isArray(value)) throw wrong(file, key, 'a list', value);
  const permissions = value.map((item, index) => parseText(item, file, `${key}[${index}]`));
  try {
    return Granted.parse(permissions).notation;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw new BanterError('OPTION_INVALID', `${file}: ${key}: ${problem}`, { cause });
  }
}

function parsePolicy(value: unknown, file: string): BotPolicy {
  const policy = fields(value, file, 'policy', ['createGroups', 'whenPluginFails', 'retryPlugins']);
  const { createGroups = true, whenPluginFails = 'exit', retryPlugins = true } = policy;
  if (typeof createGroups !== 'boolean') {
    throw wrong(file, 'policy.createGroups', 'true or false', createGroups);
  }
  if (whenPluginFails !== 'exit' && whenPluginFails !== 'go-on') {
    throw wrong(file, 'policy.whenPluginFails', '"exit" or "go-on"', whenPluginFails);
  }
  if (typeof retryPlugins !== 'boolean') {
    throw wrong(file, 'policy.retryPlugins', 'true or false', retryPlugins);
  }
  return { createGroups, whenPluginFails, retryPlugins };
}

function parsePort(value: unknown, file: string, key: string): number {
  const isPort = typeof value === 'number' && Number.isInteger(value);
  if (isPort && value >= 0 && value <= 65_535) return value;
  throw wrong(file, key, 'a port from 0 to 65535', value);
}

function parseList<Item>(
  value: unknown,
  file: string,
  key: string,
  parse: (item: unknown, file: string, key: string) => Item,
): readonly Item[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > listMax) {
    throw wrong(file, key, `a list of 1 to ${listMax}`, value);
  }
  return value.map((item, index) => parse(item, file, `${key}[${index}]`));
}

function parseName(value: unknown, file: string, key: string): string {
  const fault = typeof value === 'string' ? checkName(value) : 'is no text';
  if (typeof value === 'string' && fault === undefined) return value;
  throw new BanterError('OPTION_INVALID', `${file}: ${key} ${show(value)} ${fault}`);
}

function parseText(value: unknown, file: string, key: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw wrong(file, key, 'a text', value);
}

/** The fields of an object; of those in `known` only, if given. */
function fields(value: unknown, file: string, key: string, known?: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw wrong(file, key === '' ? 'a bot' : key, 'an object', value);
  }
  const stranger = known && Object.keys(value).find((name) => !known.includes(name));
  if (stranger === undefined) return { ...value };
  const place = key === '' ? stranger : `${key}.${stranger}`;
  throw new BanterError(
    'OPTION_INVALID',
    `${file}: unknown key ${place}; known are ${known?.join(', ')}`,
  );
}

function wrong(file: string, key: string, expected: string, value: unknown): BanterError {
  return new BanterError(
    'OPTION_INVALID',
    `${file}: ${key} must be ${expected}, not ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'function' ? 'a function' : (JSON.stringify(value) ?? String(value));
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function importDefault(path: string): Promise<unknown> {
  try {
    const module: Fields = await import(pathToFileURL(path).href);
    return module['default'];
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): BanterError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new BanterError('OPTION_INVALID', `${path} cannot be read: ${reason}`, { cause });
}
