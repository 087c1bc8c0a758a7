/** A plugin's way from its manifest to its `setup`: who it is, whether another is it already, what it may do, and by when. */

import { BanterError } from '../core/error-api.ts';
import { type Authorize, authorizeNamed } from './authority.ts';
import { parseManifest } from './manifest.ts';
import type { HostedPlugin } from './plugin.ts';

/** What admission knows of the runtime. */
export interface AdmissionOptions {
  readonly plugins: ReadonlyMap<number, HostedPlugin>;
  readonly authorize: Authorize;
  /** Everything is decided: `setup` is next. */
  readonly setUp: (plugin: HostedPlugin) => void;
  /** It is to have a process of its own, and begins anew there. @throws BanterError OPTION_INVALID when there is no room */
  readonly moveOut: (plugin: HostedPlugin) => void;
  /** It took the place of a plugin that has ended. */
  readonly forget: (plugin: HostedPlugin) => void;
  readonly refuse: (plugin: HostedPlugin, reason: string, cause?: BanterError) => void;
}

/** Admits plugins. */
export class Admission {
  readonly #options: AdmissionOptions;
  /** What is being decided, by plugin: the child may die and describe it again while a person thinks. */
  readonly #deciding = new Set<number>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** The child has read what a plugin says of itself. */
  describe(plugin: HostedPlugin, source: string): void {
    // Whatever it calls itself later, it stays what it was when it was loaded.
    if (plugin.phase !== 'loading') return;
    try {
      const manifest = plugin.manifest ?? parseManifest(source, plugin.bundle.file);
      this.#takePlace(plugin, manifest.id);
      plugin.described(manifest);
      if (manifest.isolation === 'process' && plugin.isolation === 'shared') {
        this.#options.moveOut(plugin);
        return;
      }
    } catch (error) {
      this.#fail(plugin, error);
      return;
    }
    if (plugin.isAuthorized) this.#options.setUp(plugin);
    else void this.#decide(plugin);
  }

  #takePlace(plugin: HostedPlugin, id: string): void {
    const { predecessor } = plugin;
    if (predecessor !== undefined && predecessor.name !== id) {
      throw new BanterError(
        'PLUGIN_INVALID',
        `it calls itself "${id}" now; unload "${predecessor.name}" and load it anew`,
      );
    }
    for (const other of this.#options.plugins.values()) {
      if (other === plugin || other === predecessor || other.manifest?.id !== id) continue;
      if (other.phase === 'retiring' || other.phase === 'stopping') continue;
      if (other.alive) {
        throw new BanterError(
          'PLUGIN_INVALID',
          `a plugin "${id}" is loaded already; unload it first`,
        );
      }
      this.#options.forget(other);
    }
  }

  async #decide(plugin: HostedPlugin): Promise<void> {
    const { manifest, order, slot } = plugin;
    if (manifest === undefined || this.#deciding.has(slot)) return;
    this.#deciding.add(slot);
    const { permissions, source, spec } = order;
    const authorize =
      permissions === undefined ? this.#options.authorize : authorizeNamed(permissions);
    try {
      const request = { manifest, spec, file: source.file, source: source.identity };
      plugin.authorized(await authorize(request));
      // Unloaded meanwhile, or the child has died and will describe it again.
      if (plugin.phase === 'asking') this.#options.setUp(plugin);
    } catch (error) {
      this.#fail(plugin, error);
    } finally {
      this.#deciding.delete(slot);
    }
  }

  #fail(plugin: HostedPlugin, error: unknown): void {
    const cause =
      error instanceof BanterError
        ? error
        : new BanterError('PLUGIN_FAILED', String(error), { cause: error });
    this.#options.refuse(plugin, cause.message, cause);
  }
}
