/** Shows what plugins are told and do, no faster than somebody can see. */

import type { PluginRuntime, TapEntry } from '../plugins/index.ts';
import { describeTap } from './format-plugins.ts';

/** Lines shown within a second; of further ones only the number is. */
const linesPerSecond = 50;

/** One tap at a time, on all plugins or one. */
export class PluginTap {
  readonly #print: (line: string) => void;
  #runtime: PluginRuntime | undefined;
  #isOn = false;
  #plugin: string | undefined;
  #stop: () => void = () => undefined;
  #second = 0;
  #shown = 0;
  #skipped = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** There are plugins from now on. */
  set runtime(runtime: PluginRuntime) {
    this.#runtime = runtime;
    if (this.#isOn) this.start(this.#plugin);
  }

  /** Shows what happens from now on, in place of whatever was shown before. */
  start(plugin: string | undefined): void {
    this.stop();
    this.#isOn = true;
    this.#plugin = plugin;
    this.#stop =
      this.#runtime?.insight.tap((entry) => this.show(entry, performance.now())) ?? this.#stop;
  }

  /** Shows nothing any more. */
  stop(): void {
    this.#stop();
    this.#stop = () => undefined;
    this.#isOn = false;
  }

  /** Shows what happened at an instant of a monotonic clock, if it is of the plugin that is tapped. */
  show(entry: TapEntry, nowMs: number): void {
    if (this.#plugin !== undefined && entry.plugin !== this.#plugin) return;
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      if (this.#skipped > 0) this.#print(`tap: ${this.#skipped} more were not shown`);
      this.#second = second;
      this.#shown = 0;
      this.#skipped = 0;
    }
    this.#shown += 1;
    if (this.#shown > linesPerSecond) this.#skipped += 1;
    else this.#print(describeTap(entry));
  }
}
