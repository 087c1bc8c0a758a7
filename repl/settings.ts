/** The table of settings: how each is read, from text or JSON, and what it is for. */

/** What can be set. */
export interface Settings {
  /** `host[:port][#fingerprint]` of the server to talk to. */
  readonly server: string;
  /** The name to speak under; undefined where nobody said one. */
  readonly name: string | undefined;
  /** The group to join at the start. */
  readonly group: string | undefined;
  /** Plugins to load at the start. */
  readonly plugins: readonly PluginSetting[];
  /** The folder of identities, pinned keys, history and, in `server`, of the server. */
  readonly data: string;
  /** The address to serve on; undefined for all. */
  readonly host: string | undefined;
  /** The UDP port to serve on. */
  readonly port: number;
  /** The TCP port of the loopback interface for `/healthz` and `/metrics`; undefined for none. */
  readonly httpPort: number | undefined;
  /** How a server tells what happens. */
  readonly log: LogFormat;
  /** What is less grave is not told; undefined for what suits the format. */
  readonly logLevel: LogLevel | undefined;
  /** After how long a server that is stopped is back, as its clients are told. Seconds; undefined to say nothing. */
  readonly restartAfter: number | undefined;
  /** Keys or names of those who run the server. */
  readonly operators: readonly string[];
  /** What an operator of a closed server gave; undefined where none is needed. */
  readonly invitation: string | undefined;
  /** Groups that a client may be in at a time. */
  readonly groupsPerClient: number;
  /** Whether private messages pass while in a group. */
  readonly privateInGroup: boolean;
  /** Whether a server keeps nothing when it ends: neither names nor messages. */
  readonly ephemeral: boolean;
  /** Days for which a server keeps messages; undefined for ever. */
  readonly keepDays: number | undefined;
  /** The newest messages of each group that a server keeps; undefined for all. */
  readonly keepMessages: number | undefined;
  /** Bytes of messages that a server keeps, of all groups together; undefined for all. */
  readonly keepBytes: number | undefined;
  /** Whether the server keeps private messages for who is absent. */
  readonly mailbox: boolean;
  /** Whether peers are reached over the server's relay only, so that they do not learn one's address. */
  readonly relayOnly: boolean;
  /** Whether errors come with their stacks. */
  readonly debug: boolean;
}

/** Lines for people, JSON for programs, or nothing. */
export const logFormats = ['text', 'json', 'none'] as const;
export type LogFormat = (typeof logFormats)[number];

/** From the least grave to the gravest. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A plugin by the name of a built-in one or the path of its file, and what it is told. */
export interface PluginSetting {
  readonly plugin: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What it is granted by being named here; absent: as the file of grants says, or a person. */
  readonly permissions?: readonly string[];
  /** Whether it gets a process of its own; absent: as it asks, or `--isolate` says. */
  readonly isolate?: true;
}

/** A value, or what it should have been in words that complete "must be …". */
export type Parsed<Value> = { readonly value: Value } | { readonly wanted: string };

/** One setting. */
export interface Rule<Value> {
  /** For people, in a few words. */
  readonly meaning: string;
  /** Reads what a flag or variable (text) or a config file (JSON) holds. */
  readonly parse: (raw: unknown) => Parsed<Value>;
}

type Rules = { readonly [Key in keyof Settings]: Rule<Settings[Key]> };

const portMax = 65_535;
const groupsPerClientMax = 1000;
const keepDaysMax = 36_500;
const keepMessagesMax = 999_999_999;
const keepBytesMin = 1024 * 1024;

/** Clients look for a server that is gone for longer all the same. Seconds. */
const restartAfterMax = 600;

/** Every setting by its key. */
export const rules: Rules = {
  server: { meaning: 'server to talk to', parse: text('host[:port][#fingerprint]') },
  name: { meaning: 'name to speak under', parse: text('a name') },
  group: { meaning: 'group to join at the start', parse: text('a group') },
  plugins: { meaning: 'plugins to load at the start', parse: plugins },
  data: { meaning: 'folder of identities, keys, history', parse: text('a folder') },
  host: { meaning: 'address to serve on', parse: text('an address') },
  port: { meaning: 'UDP port to serve on, 0 for any', parse: integer(0, portMax) },
  httpPort: {
    meaning: 'loopback port for /healthz and /metrics, 0 for any',
    parse: integer(0, portMax),
  },
  log: { meaning: 'how a server tells what happens', parse: oneOf(logFormats) },
  logLevel: { meaning: 'what is less grave is not told', parse: oneOf(logLevels) },
  restartAfter: {
    meaning: 'seconds until a stopped server is back',
    parse: integer(1, restartAfterMax),
  },
  operators: { meaning: 'names or keys of those who run the server', parse: names },
  invitation: { meaning: 'invitation to a closed server', parse: token },
  groupsPerClient: {
    meaning: 'groups a client may be in at a time',
    parse: integer(1, groupsPerClientMax),
  },
  privateInGroup: { meaning: 'private messages pass while in a group', parse: yesOrNo },
  ephemeral: { meaning: 'a server keeps nothing when it ends', parse: yesOrNo },
  keepDays: { meaning: 'days for which a server keeps messages', parse: integer(1, keepDaysMax) },
  keepMessages: {
    meaning: 'newest messages of a group that a server keeps',
    parse: integer(1, keepMessagesMax),
  },
  keepBytes: { meaning: 'bytes of messages that a server keeps', parse: bytes },
  mailbox: { meaning: 'private messages are kept for who is absent', parse: yesOrNo },
  relayOnly: { meaning: 'peers do not learn your address', parse: yesOrNo },
  debug: { meaning: 'errors come with their stacks', parse: yesOrNo },
};

function text(wanted: string): (raw: unknown) => Parsed<string> {
  return (raw) => (typeof raw === 'string' && raw.trim() !== '' ? { value: raw } : { wanted });
}

function integer(min: number, max: number): (raw: unknown) => Parsed<number> {
  return (raw) => {
    const value = typeof raw === 'string' && /^\d{1,9}$/.test(raw) ? Number(raw) : raw;
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
      ? { value }
      : { wanted: `a whole number from ${min} to ${max}` };
  };
}

function oneOf<Value extends string>(values: readonly Value[]): (raw: unknown) => Parsed<Value> {
  return (raw) => {
    const value = values.find((candidate) => candidate === raw);
    return value === undefined
      ? { wanted: values.join(', ').replace(/, (?=\w+$)/, ' or ') }
      : { value };
  };
}

const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };

/** A number of bytes, as text also with a unit: `500M`, `2G`. */
function bytes(raw: unknown): Parsed<number> {
  const [, digits, unit = ''] = /^(\d{1,12})([KMG]?)$/i.exec(String(raw)) ?? [];
  const value = Number(digits) * (units[unit.toUpperCase()] ?? 1);
  return Number.isSafeInteger(value) && value >= keepBytesMin
    ? { value }
    : { wanted: 'a number of bytes of at least 1M, like 500M or 2G' };
}

const words: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  ['yes', true],
  [false, false],
  ['false', false],
  ['0', false],
  ['no', false],
]);

function yesOrNo(raw: unknown): Parsed<boolean> {
  const value = words.get(raw);
  return value === undefined ? { wanted: 'true or false' } : { value };
}

/** Names or keys separated by commas, or a list of them. */
function names(raw: unknown): Parsed<readonly string[]> {
  const entries: unknown = typeof raw === 'string' ? raw.split(',') : raw;
  const value = Array.isArray(entries) ? entries.map(name) : [undefined];
  return value.every((entry) => entry !== undefined)
    ? { value }
    : { wanted: 'names or keys, separated by commas' };
}

function name(entry: unknown): string | undefined {
  return typeof entry === 'string' && entry.trim() !== '' ? entry.trim() : undefined;
}

function token(raw: unknown): Parsed<string> {
  return typeof raw === 'string' && /^[0-9a-f]{32}$/i.test(raw)
    ? { value: raw }
    : { wanted: '32 hex digits' };
}

/** Names and paths separated by commas, or a list of them, each perhaps with its config. */
function plugins(raw: unknown): Parsed<readonly PluginSetting[]> {
  const entries: unknown = typeof raw === 'string' ? raw.split(',') : raw;
  const value = Array.isArray(entries) ? entries.map(plugin) : [undefined];
  return value.every((entry) => entry !== undefined)
    ? { value }
    : {
        wanted:
          'a list of names, files, or { "plugin": …, "config": { … }, "permissions": [ … ], "isolation": "process" }',
      };
}

function plugin(entry: unknown): PluginSetting | undefined {
  if (typeof entry === 'string' && entry.trim() !== '') return { plugin: entry.trim(), config: {} };
  if (typeof entry !== 'object' || entry === null) return undefined;
  const {
    plugin: name,
    config = {},
    permissions,
    isolation,
    ...rest
  }: { plugin?: unknown; config?: unknown; permissions?: unknown; isolation?: unknown } = entry;
  const isComplete = typeof name === 'string' && Object.keys(rest).length === 0;
  if (!isComplete || typeof config !== 'object' || config === null || Array.isArray(config)) {
    return undefined;
  }
  if (isolation !== undefined && isolation !== 'process') return undefined;
  const isolate = isolation === undefined ? {} : { isolate: true as const };
  const setting = { plugin: name, config: { ...config }, ...isolate };
  if (permissions === undefined) return setting;
  return isTexts(permissions) ? { ...setting, permissions } : undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
