/** What a benchmark of plugins needs of whatever runs them. */

/** Runs the same plugin many times over: it answers `ping 7` with `pong 7`, and says nothing to anything else. */
export interface PluginHost {
  /** Loads one more. @returns when it would answer */
  load(): Promise<void>;
  /** Gives a message to all of them. */
  tell(text: string): void;
  /** Messages that were given to the slowest of them and that it has handled. */
  handled(): number;
  /** Other processes that it consists of, beside this one. */
  pids(): readonly number[];
  close(): Promise<void>;
}

/** Opens a host without plugins. @param onAnswer told each answer */
export type OpenHost = (onAnswer: (text: string) => void) => Promise<PluginHost>;
