/** What a plugin asks people. */

/** Whom to ask, and where: somebody in a group, or privately. */
export type AskTarget = { readonly group: string; readonly from: string } | { readonly to: string };

/** How to ask. */
export interface AskOptions {
  /** Milliseconds until it is given up, 1 s to 1 h. Default 60 s. */
  readonly timeoutMs?: number;
}

/** How to ask for one of some words. */
export interface AskChoiceOptions<Choice extends string> extends AskOptions {
  /** The only answers, 2 to 32, in whatever case they are written. Whoever answers otherwise is told, three times at most. */
  readonly choices: readonly Choice[];
}

/** How to ask for what is made of the answer. */
export interface AskParseOptions<Value> extends AskOptions {
  /** Makes a value of the answer. What it throws is told whoever answered, three times at most, and the next answer is waited for. */
  parse(text: string): Value;
}

/**
 * Sends a prompt and resolves with the next message of that person there, which no other handler of the plugin is given.
 * Whoever is asked in a group may answer any message; bots do not answer, nor does what was missed while away.
 * 16 questions of a plugin can be open; they end with it. Needs the permissions to send and to read there.
 * Rejects with `ASK_TIMEOUT`, `RATE_LIMITED` (too many questions), or as {@link PluginContext.send}.
 */
export interface PluginAsk {
  (target: AskTarget, prompt: string, options?: AskOptions): Promise<string>;
  <const Choice extends string>(
    target: AskTarget,
    prompt: string,
    options: AskChoiceOptions<Choice>,
  ): Promise<Choice>;
  <Value>(target: AskTarget, prompt: string, options: AskParseOptions<Value>): Promise<Value>;
}
