/** The manifest of a plugin: what it is called, may do and can be told; parsed from what its isolate says of it. */

import { BanterError } from '../core/client-api.ts';
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
}

const sendsPerMinuteDefault = 60;

interface RawManifest {
  readonly id: string;
  readonly version: string;
  readonly description: string | undefined;
  readonly permissions: readonly Permission[];
  readonly config: Readonly<Record<string, SettingInfo>> | undefined;
  readonly limits: { readonly sendsPerMinute: number | undefined } | undefined;
}

const manifest: Shape<RawManifest> = record<RawManifest>({
  id: text(32, /^[a-z][a-z0-9-]*$/, 'lower-case letters, digits and "-", beginning with a letter'),
  version: text(32, /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/, 'a version such as 1.0.0'),
  description: optional(text(200)),
  permissions: list(choice(permissions), permissions.length),
  config: optional(settingsShape),
  limits: optional(record({ sendsPerMinute: optional(integer(1, 600)) })),
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
    });
  } catch (cause) {
    if (cause instanceof ShapeError) {
      throw new BanterError('PLUGIN_INVALID', `${file}: manifest: ${cause.message}`, { cause });
    }
    throw cause;
  }
}
