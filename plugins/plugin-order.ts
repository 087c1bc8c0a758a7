/** How a plugin was asked for; a reload asks for the same again. */

import type { PluginSource } from './location.ts';
import type { Variables } from './settings.ts';

/** What somebody wants to run, as it was asked for. */
export interface PluginOrder {
  /** As it was named. */
  readonly spec: string;
  readonly source: PluginSource;
  readonly config: Readonly<Record<string, unknown>>;
  /** Where its secrets are looked for. */
  readonly variables: Variables;
  /** What it was granted by name; absent: as the runtime decides. */
  readonly permissions?: readonly string[] | undefined;
  /** What it sends and decides about messages is told and not done. */
  readonly isDryRun: boolean;
  /** Whether it gets a process of its own even if its manifest does not ask for one. */
  readonly isIsolated: boolean;
}
