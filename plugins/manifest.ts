/** The manifest of a plugin: what it is called, may do and can be told; parsed from what its isolate says of it. */

import { BanterError } from '../core/error-api.ts';
import { type HttpManifest, httpManifest, type RawHttpManifest } from './http-action.ts';
import { httpLimits } from './http-limits.ts';
import { isHttpPermission, parseHttpPermission } from './http-origin.ts';
import { limits } from './limits.ts';
import { type Permission, permissions } from './permissions.ts';
import { type SettingInfo, settingsShape } from './settings.ts';
import {
  choice,
  integer,
  list,
  optional,
  parseJson,
  record,
  type Shape,
  ShapeError,
  text,
} from './shape.ts';

/** Where a plugin lives: in the process that it shares with others, or in one of its own. */
export type Isolation = 'shared' | 'process';

const isolations: readonly Isolation[] = ['shared', 'process'];

/** What a plugin says of itself. */
export interface Manifest {
  /** 1 to 32 of `a-z 0-9 -`, beginning with a letter; names its files as well. */
  readonly id: string;
  /** `major.minor.patch`. */
  readonly version: string;
  readonly description: string;
  readonly permissions: readonly Permission[];
  readonly config: Readonly<Record<string, SettingInfo>>;
  /** Messages it may send a minute. Default 60, at most 600; further ones are refused. */
  readonly sendsPerMinute: number;
  /** Milliseconds of processor time that it may use within a minute; with more it is quarantined. */
  readonly cpuMsPerMinute: number;
  /** How it may ask servers of the web. */
  readonly http: HttpManifest;
  /** Where it wants to live. Default `shared`; who loads it may give it a process all the same. */
  readonly isolation: Isolation;
}

const sendsPerMinuteDefault = 60;

const httpDefaults: HttpManifest = {
  methods: ['GET', 'HEAD'],
  responseBytesMax: httpLimits.responseBytesDefault,
};

interface RawLimits {
  readonly sendsPerMinute: number | undefined;
  readonly cpuMsPerMinute: number | undefined;
}

interface RawManifest {
  readonly id: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly permissions: readonly Permission[];
  readonly config: Readonly<Record<string, SettingInfo>> | undefined;
  readonly limits: RawLimits | undefined;
  readonly http: RawHttpManifest | undefined;
  readonly isolation: Isolation | undefined;
}

const idPattern = /^[a-z][a-z0-9-]*$/;
const idLengthMax = 32;

/** Whether a plugin may be called this. */
export function isPluginId(name: string): boolean {
  return name.length <= idLengthMax && idPattern.test(name);
}

const permission: Shape<Permission> = (value, place) => {
  if (typeof value !== 'string' || !isHttpPermission(value)) {
    return choice(permissions)(value, place);
  }
  try {
    parseHttpPermission(value);
    return value;
  } catch (cause) {
    throw new ShapeError(place, cause instanceof Error ? cause.message : String(cause));
  }
};

const manifest: Shape<RawManifest> = record<RawManifest>({
  id: text(idLengthMax, idPattern, 'lower-case letters, digits and "-", beginning with a letter'),
  version: text(32, /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a version such as 1.0.0'),
  description: optional(text(200)),
  permissions: list(permission, permissions.length + httpLimits.hostsMax),
  config: optional(settingsShape),
  limits: optional(
    record<RawLimits>({
      sendsPerMinute: optional(integer(1, 600)),
      cpuMsPerMinute: optional(integer(limits.cpuMsPerMinuteMin, limits.cpuMsPerMinuteMax)),
    }),
  ),
  http: optional(httpManifest),
  isolation: optional(choice(isolations)),
});

/** Parses the JSON in which an isolate describes its plugin. @throws BanterError PLUGIN_INVALID naming the key */
export function parseManifest(source: string, file: string): Manifest {
  try {
    const raw = parseJson(source, manifest);
    return Object.freeze({
      id: raw.id,
      version: raw.version,
      description: raw.description ?? '',
      permissions: Object.freeze([...new Set(raw.permissions)]),
      config: Object.freeze(raw.config ?? {}),
      sendsPerMinute: raw.limits?.sendsPerMinute ?? sendsPerMinuteDefault,
      cpuMsPerMinute: raw.limits?.cpuMsPerMinute ?? limits.cpuMsPerMinute,
      http: {
        methods: raw.http?.methods ?? httpDefaults.methods,
        responseBytesMax: raw.http?.responseBytesMax ?? httpDefaults.responseBytesMax,
      },
      isolation: raw.isolation ?? 'shared',
    });
  } catch (cause) {
    if (cause instanceof ShapeError) {
      throw new BanterError('PLUGIN_INVALID', `${file}: manifest: ${cause.message}`, { cause });
    }
    throw cause;
  }
}
