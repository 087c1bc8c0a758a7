/** What a plugin says of itself: its manifest, its settings and its code. */

import type { HttpMethod } from '../http-limits.ts';
import type { Permission } from '../permissions.ts';
import type { PluginContext } from '../sdk.ts';

/**
 * One setting of a plugin. Whoever loads the plugin may override the default with a value of the same type;
 * an unknown setting or another type is refused before the plugin runs. What is inside an array or object the plugin checks itself.
 */
export type Setting = { readonly description?: string } & (
  | { readonly type: 'string'; readonly default: string }
  | { readonly type: 'number'; readonly default: number }
  | { readonly type: 'boolean'; readonly default: boolean }
  | { readonly type: 'array'; readonly default: readonly unknown[] }
  | { readonly type: 'object'; readonly default: object }
);

/** The settings of a plugin by name, at most 64. */
export type Settings = Readonly<Record<string, Setting>>;

/** The values behind {@link Settings}, as `ctx.config` has them. */
export type ConfigOf<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends { readonly type: 'string' }
    ? string
    : S[K] extends { readonly type: 'number' }
      ? number
      : S[K] extends { readonly type: 'boolean' }
        ? boolean
        : S[K]['default'];
};

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
  };
  /** How it may ask the hosts that its permissions name (`http:<host>`). */
  readonly http?: {
    /** Default `GET` and `HEAD`. Another one is refused with `PERMISSION_DENIED`. */
    readonly methods?: readonly HttpMethod[];
    /** Bytes of an answer's body, 1 to 1,048,576; default 262,144. A longer one is refused with `HTTP_FAILED`. */
    readonly responseBytesMax?: number;
  };
  /** Registers listeners and commands. May be asynchronous; then no event comes before it is done, for which it has 5 s. */
  setup(ctx: PluginContext<S>): void | Promise<void>;
  /** Called before the plugin is unloaded. What it starts asynchronously is not waited for. */
  dispose?(): void;
}
