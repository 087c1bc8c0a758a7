/** What holds for one plugin: what it says of itself, what it was told, and what it may do. Each is settled once. */

import { Granted } from './granted.ts';
import { limits } from './limits.ts';
import type { Manifest } from './manifest.ts';
import type { PluginOrder } from './plugin-order.ts';
import { noSettings, readSettings, redacted } from './settings.ts';

const nothing = Granted.of([]);

/** Of a plugin that may come and go with its process; what its isolate says later changes nothing. */
export class Terms {
  #manifest: Manifest | undefined;
  #settings = noSettings;
  #granted: Granted | undefined;

  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  /** The values of its settings. */
  get config(): typeof noSettings.values {
    return this.#settings.values;
  }

  /** Whether it is decided what it may do. */
  get isAuthorized(): boolean {
    return this.#granted !== undefined;
  }

  /** What it may do; nothing until that is decided. */
  get granted(): Granted {
    return this.#granted ?? nothing;
  }

  /** Milliseconds of processor time that it may use within a minute. */
  get cpuMsPerMinute(): number {
    return this.#manifest?.cpuMsPerMinute ?? limits.cpuMsPerMinute;
  }

  /** Takes the first manifest. Returns whether it is. @throws BanterError OPTION_INVALID for settings that it does not know */
  describe(manifest: Manifest, { config, variables }: PluginOrder): boolean {
    if (this.#manifest !== undefined) return false;
    this.#settings = readSettings(manifest.id, manifest.config, config, variables);
    this.#manifest = manifest;
    return true;
  }

  /** Takes the first decision. */
  authorize(granted: Granted): void {
    this.#granted ??= granted;
  }

  /** A text without the plugin's secrets. */
  redacted(text: string): string {
    return redacted(text, this.#settings);
  }
}
