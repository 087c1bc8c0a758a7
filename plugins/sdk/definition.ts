/** What a plugin says of itself: its manifest, its settings and its code. */

import type { HttpMethod } from '../http-limits.ts';
import type { Permission } from '../permissions.ts';
import type { PluginContext } from '../sdk.ts';

/**
 * One setting of a plugin, or what is in one: a part of JSON Schema, whose keywords mean what they mean there. Whoever loads
 * the plugin may override the default; what does not fit is refused before the plugin runs, with its place in the settings.
 * A setting without a default must be given. What an array or object without `items` or `properties` holds, the plugin
 * checks itself. At most 8 deep.
 */
export type Setting = { readonly description?: string } & (
  | {
      readonly type: 'string';
      readonly default?: string;
      readonly enum?: readonly string[];
      readonly minLength?: number;
      readonly maxLength?: number;
      /**
       * The value comes from the environment and from nowhere else: from `BANTER_PLUGIN_<ID>_<NAME>` in capitals, or from
       * the variable that is given as `{ env: 'NAME' }`. It is in no status, and taken out of logs and errors. At the top only.
       */
      readonly secret?: boolean;
    }
  | {
      readonly type: 'number' | 'integer';
      readonly default?: number;
      readonly enum?: readonly number[];
      readonly minimum?: number;
      readonly maximum?: number;
    }
  | { readonly type: 'boolean'; readonly default?: boolean }
  | {
      readonly type: 'array';
      readonly default?: readonly unknown[];
      readonly items?: Setting;
      readonly minItems?: number;
      readonly maxItems?: number;
    }
  | {
      readonly type: 'object';
      readonly default?: object;
      readonly properties?: Settings;
      /** Of the properties, those that must be there; others may lack unless they have a default. */
      readonly required?: readonly string[];
    }
);

/** The settings of a plugin by name, at most 64. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values behind {@link Settings}, as `ctx.config` has them. */
export type ConfigOf<S extends Settings> = { readonly [K in keyof S]: ValueOf<S[K]> };

type ValueOf<T extends Setting> = T extends { readonly enum: readonly (infer Value)[] }
  ? Value
  : T extends { readonly type: 'string' }
    ? string
    : T extends { readonly type: 'number' | 'integer' }
      ? number
      : T extends { readonly type: 'boolean' }
        ? boolean
        : T extends { readonly items: infer Item extends Setting }
          ? readonly ValueOf<Item>[]
          : T extends { readonly properties: infer P extends Settings }
            ? FieldsOf<P, T>
            : T extends { readonly default: infer Default }
              ? Default
              : unknown;

type FieldsOf<P extends Settings, T> = {
  readonly [K in keyof P as K extends SureOf<P, T> ? K : never]: ValueOf<P[K]>;
} & {
  readonly [K in keyof P as K extends SureOf<P, T> ? never : K]?: ValueOf<P[K]>;
};

type SureOf<P extends Settings, T> =
  | (T extends { readonly required: readonly (infer Name)[] } ? Name : never)
  | { readonly [K in keyof P]: P[K] extends { readonly default: unknown } ? K : never }[keyof P];

/** A plugin: its manifest and its code. A key that is not listed here is refused. */
export interface PluginDefinition<S extends Settings> {
  /** 1 to 32 of `a-z`, `0-9` and `-`, beginning with a letter. */
  readonly id: string;
  /** `major.minor.patch`. */
  readonly version: string;
  /** One line for people, at most 200 characters. */
  readonly description?: string;
  /** What the plugin may do. Anything else it tries is refused with `PERMISSION_DENIED`, outside the sandbox. */
  readonly permissions: readonly Permission[];
  /** The settings people can give it; `ctx.config` has their values. */
  readonly config?: S;
  readonly limits?: {
    /** Messages the plugin may send a minute, 1 to 600; default 60. Further ones are refused with `RATE_LIMITED`. */
    readonly sendsPerMinute?: number;
    /**
     * Milliseconds of processor time within any minute, 100 to 60,000 (a whole processor); default 20,000. With more the
     * plugin is quarantined.
     */
    readonly cpuMsPerMinute?: number;
  };
  /** How it may ask the hosts that its permissions name (`http:<host>`). */
  readonly http?: {
    /** Default `GET` and `HEAD`. Another one is refused with `PERMISSION_DENIED`. */
    readonly methods?: readonly HttpMethod[];
    /** Bytes of an answer's body, 1 to 1,048,576; default 262,144. A longer one is refused with `HTTP_FAILED`. */
    readonly responseBytesMax?: number;
  };
  /**
   * `process` asks for a process of its own, of at most 16 a client: no other plugin is there to be read, or to take it down.
   * Default `shared`: one process for all, with an isolate for each. A process takes about 50 MB.
   */
  readonly isolation?: 'shared' | 'process';
  /** Registers listeners and commands. May be asynchronous; then no event comes before it is done, for which it has 5 s. */
  setup(ctx: PluginContext<S>): void | Promise<void>;
  /** Called before the plugin is unloaded. What it starts asynchronously is not waited for. */
  dispose?(): void;
}
