/** How plugins are run, as options of the commands that have some. */

import type { Command } from 'commander';

/** What holds for all plugins of one command. */
export interface PluginManner {
  /** Only try them: what they would send or change is told, and not done. */
  readonly dryRun: boolean;
  /** Give each a process of its own. */
  readonly isolate: boolean;
  /** Load those in quarantine again after a while. */
  readonly retry: boolean;
}

/** What commander makes of {@link withManner}. */
export interface MannerOptions {
  readonly dryRun?: true | undefined;
  readonly isolate?: true | undefined;
  readonly retry?: boolean | undefined;
}

/** Adds the options. */
export function withManner(command: Command): Command {
  return command
    .option(
      '--dry-run',
      'only try the plugins: what they would send or change is told, and not done',
    )
    .option('--isolate', 'give each plugin a process of its own, at most 16')
    .option('--no-retry', 'leave plugins that are quarantined there, instead of trying them again');
}

/** Reads them. */
export function mannerOf({ dryRun, isolate, retry }: MannerOptions): PluginManner {
  return { dryRun: dryRun === true, isolate: isolate === true, retry: retry !== false };
}
