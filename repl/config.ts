/** The settings and where each comes from: flags, else environment, else `.env`, else the config file, else defaults. */

import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import { BanterError } from '../core/error-api.ts';
import { type Rule, rules, type Settings } from './settings.ts';
import { didYouMean } from './suggestion.ts';

/** From the strongest to the weakest. */
export const sources = ['flag', 'environment', '.env', 'config file', 'default'] as const;

/** Where a value comes from. */
export type Source = (typeof sources)[number];

/** A value and its origin. */
export interface Setting<Value> {
  readonly value: Value;
  readonly source: Source;
  /** The source in full: `BANTER_PORT`, `.env: BANTER_PORT`, the path of the config file, a flag. */
  readonly origin: string;
}

/** All settings, and what was found and not taken. */
export type Config = { readonly [Key in keyof Settings]: Setting<Settings[Key]> } & {
  /** Variables that look like settings and are not taken, each with its reason. */
  readonly ignored: readonly string[];
};

/** Values of the command line; what is undefined was not said. */
export type Flags = { readonly [Key in keyof Settings]?: unknown };

/** Where settings are looked for. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The folder in which a `.env` may lie. */
  readonly folder: string;
  readonly configFile: string;
  /** The data folder unless another is set. */
  readonly dataFolder: string;
}

/** One source's values by setting, with the origin of each. */
type Layer = ReadonlyMap<
  string,
  { readonly raw: unknown; readonly source: Source; readonly origin: string }
>;

/** The surroundings of this process; its folders follow the XDG conventions. */
export function processSurroundings(): Surroundings {
  const { config, data } = envPaths('banter', { suffix: '' });
  return {
    environment: process.env,
    folder: process.cwd(),
    configFile: join(config, 'config.json'),
    dataFolder: data,
  };
}

/** A variable of this process' environment: where plugins' secrets are, which a `.env` of some folder does not choose. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/**
 * Settles every setting.
 * @throws BanterError OPTION_INVALID naming the origin, for a value that is not of its type and for an unknown key of a file
 */
export async function loadConfig(flags: Flags, surroundings: Surroundings): Promise<Config> {
  const { environment, folder, configFile, dataFolder } = surroundings;
  const dotenv = await readDotenv(join(folder, '.env'));
  const layers = [
    flagLayer(flags),
    variableLayer(environment, 'environment', ''),
    variableLayer(withoutRefused(dotenv), '.env', '.env: '),
    await configFileLayer(configFile),
  ];
  const settle = <Key extends keyof Settings>(
    key: Key,
    fallback: Settings[Key],
  ): Setting<Settings[Key]> => {
    for (const layer of layers) {
      const found = layer.get(key);
      if (found === undefined) continue;
      const { raw, source, origin } = found;
      return { value: parse<Settings[Key]>(rules[key], raw, key, origin), source, origin };
    }
    return { value: fallback, source: 'default', origin: 'default' };
  };
  const data = settle('data', dataFolder);
  return {
    server: settle('server', 'localhost:6666'),
    name: settle('name', undefined),
    group: settle('group', undefined),
    plugins: settle('plugins', []),
    data: { ...data, value: resolve(folder, data.value.replace(/^~(?=\/|$)/, homedir())) },
    host: settle('host', undefined),
    port: settle('port', 6666),
    httpPort: settle('httpPort', undefined),
    log: settle('log', 'text'),
    logLevel: settle('logLevel', undefined),
    restartAfter: settle('restartAfter', undefined),
    operators: settle('operators', []),
    invitation: settle('invitation', undefined),
    groupsPerClient: settle('groupsPerClient', 1),
    privateInGroup: settle('privateInGroup', false),
    ephemeral: settle('ephemeral', false),
    keepDays: settle('keepDays', undefined),
    keepMessages: settle('keepMessages', undefined),
    keepBytes: settle('keepBytes', undefined),
    mailbox: settle('mailbox', true),
    relayOnly: settle('relayOnly', false),
    debug: settle('debug', false),
    ignored: [...strangers(environment), ...refusedOf(dotenv)],
  };
}

/** The name to speak under. @throws BanterError OPTION_INVALID when nobody said one */
export function ownName({ name }: Config): string {
  if (name.value !== undefined) return name.value;
  throw invalid('a name is missing; give one, or set BANTER_NAME');
}

const prefix = 'BANTER_';

/** `groupsPerClient` → `BANTER_GROUPS_PER_CLIENT`. */
export function variableOf(key: string): string {
  return prefix + key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const keysByVariable: ReadonlyMap<string, string> = new Map(
  Object.keys(rules).map((key) => [variableOf(key), key]),
);

function parse<Value>(rule: Rule<Value>, raw: unknown, key: string, origin: string): Value {
  const parsed = rule.parse(raw);
  if ('value' in parsed) return parsed.value;
  throw invalid(`${key} must be ${parsed.wanted}, not ${JSON.stringify(raw)} (${origin})`);
}

function flagLayer(flags: Flags): Layer {
  const given = Object.entries(flags).filter(([, raw]) => raw !== undefined);
  return new Map(
    given.map(([key, raw]) => [key, { raw, source: 'flag', origin: 'command line' } as const]),
  );
}

function variableLayer(
  variables: Readonly<Record<string, string | undefined>>,
  source: Source,
  place: string,
): Layer {
  const layer = new Map<string, { raw: unknown; source: Source; origin: string }>();
  for (const [variable, key] of keysByVariable) {
    const raw = variables[variable];
    // An empty variable is how many tools say "not set".
    if (raw !== undefined && raw !== '') layer.set(key, { raw, source, origin: place + variable });
  }
  return layer;
}

/** The variables of a `.env` that are ours. @throws BanterError OPTION_INVALID for one that is no setting */
async function readDotenv(path: string): Promise<Readonly<Record<string, string>>> {
  const text = await readIfThere(path);
  if (text === undefined) return {};
  const dotenv = await import('dotenv');
  const ours = Object.entries(dotenv.parse(text)).filter(([name]) => name.startsWith(prefix));
  for (const [name] of ours) {
    if (keysByVariable.has(name)) continue;
    throw invalid(`unknown setting ${name} in ${path}${didYouMean(name, keysByVariable.keys())}`);
  }
  return Object.fromEntries(ours);
}

/** Whoever made the folder one happens to stand in must not choose which identity is used, or whose code runs. */
const refusedVariables: readonly string[] = [variableOf('data'), variableOf('plugins')];

function withoutRefused(
  dotenv: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(dotenv).filter(([name]) => !refusedVariables.includes(name)),
  );
}

function refusedOf(dotenv: Readonly<Record<string, string>>): readonly string[] {
  return refusedVariables
    .filter((name) => name in dotenv)
    .map((name) => `${name} in .env: it is taken from the environment itself only`);
}

function strangers(environment: Surroundings['environment']): readonly string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !keysByVariable.has(name))
    .map((name) => `${name} in the environment: there is no such setting`);
}

async function configFileLayer(path: string): Promise<Layer> {
  const text = await readIfThere(path);
  if (text === undefined) return new Map();
  const entries = Object.entries(parseObject(text, path));
  for (const [key] of entries) {
    if (Object.hasOwn(rules, key)) continue;
    throw invalid(`unknown setting "${key}" in ${path}${didYouMean(key, Object.keys(rules))}`);
  }
  return new Map(
    entries.map(([key, raw]) => [key, { raw, source: 'config file', origin: path } as const]),
  );
}

function parseObject(text: string, path: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw invalid(`${path} is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  throw invalid(`${path} must hold one JSON object`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    // A folder called `.env` is somebody's virtual environment of Python.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw invalid(`cannot read ${path} (${String(code)})`);
  }
}

function invalid(message: string): BanterError {
  return new BanterError('OPTION_INVALID', message);
}
