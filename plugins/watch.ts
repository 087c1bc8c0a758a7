/** Reloads a plugin when one of the files that went into it is saved. */

import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { Bundler } from './bundle.ts';
import type { PluginLog } from './capabilities.ts';
import type { PluginRuntime } from './runtime.ts';

/** Milliseconds of silence after a change: who saves writes more than once. */
const quietMs = 50;

/** Folders that are watched; of a plugin with more, what is in the others is not. */
const foldersMax = 100;

/** What is watched. */
export interface WatchOptions {
  readonly runtime: Pick<PluginRuntime, 'list' | 'reload'>;
  readonly id: string;
  /** Told what came of each change. */
  readonly onLog: (entry: PluginLog) => void;
}

/**
 * Watches the folders, as editors replace files by others of the same name. Packages in `node_modules` are left out.
 * What does not start is told, and the version that runs goes on; the next change is another try.
 */
export class PluginWatch implements Disposable {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  /** Who saves a file saves it again, and waits for what comes of it. */
  readonly #service = Bundler.keepService();
  #files: ReadonlySet<string> = new Set();
  /** What the files held at the last try; nothing before the first. */
  #seen: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reloading = false;
  #again = false;
  #over = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#follow();
  }

  [Symbol.dispose](): void {
    this.#over = true;
    this.#service[Symbol.dispose]();
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Watches the files of the version that runs; after a failure those of the last one that did. */
  #follow(): void {
    const { runtime, id } = this.#options;
    const files = runtime.list().find((plugin) => plugin.id === id)?.files ?? [];
    this.#files = new Set(files.filter((file) => !file.includes(`${sep}node_modules${sep}`)));
    const folders = new Set([...this.#files].map((file) => dirname(file)));
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of folders) {
      if (!this.#watchers.has(folder) && this.#watchers.size < foldersMax) this.#watch(folder);
    }
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_change, name) => {
        const isOurs =
          name === null ||
          [...this.#files].some((file) => dirname(file) === folder && basename(file) === name);
        if (isOurs) this.#changed();
      });
      watcher.on('error', (error) => this.#lose(folder, error));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#lose(folder, error);
    }
  }

  #lose(folder: string, error: unknown): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    const reason = error instanceof Error ? error.message : String(error);
    this.#tell('warn', `cannot be watched any more: ${reason}`);
  }

  #changed(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#reload(), quietMs);
  }

  async #reload(): Promise<void> {
    if (this.#reloading) {
      this.#again = true;
      return;
    }
    this.#reloading = true;
    const content = await contentOf(this.#files);
    if (content !== this.#seen) {
      this.#seen = content;
      await this.#try();
      if (this.#over) return;
      this.#follow();
    }
    this.#reloading = false;
    if (this.#again) {
      this.#again = false;
      this.#changed();
    }
  }

  async #try(): Promise<void> {
    const { runtime, id } = this.#options;
    const before = runtime.list().find((plugin) => plugin.id === id);
    try {
      const { version } = await runtime.reload(id);
      if (!this.#over) this.#tell('info', `is reloaded: ${version} runs`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const still = before?.state === 'running' ? `; ${before.version} goes on` : '';
      if (!this.#over) this.#tell('error', `is not reloaded: ${reason}${still}`);
    }
  }

  #tell(level: PluginLog['level'], text: string): void {
    this.#options.onLog({ plugin: this.#options.id, level, text });
  }
}

/** A hash; of a file that is not there at present, its name alone. */
async function contentOf(files: Iterable<string>): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = await readFile(file).catch(() => undefined);
    hash.update(`${file}\n${content?.length}\n`).update(content ?? '');
  }
  return hash.digest('hex');
}
