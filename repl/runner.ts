/** Carries out one line or statement, whether command or JavaScript; prompt, scripts and pipes share it. */

import { BanterError } from '../core/error-api.ts';
import { abortable } from './abort.ts';
import {
  type Arguments,
  type Command,
  type CommandResult,
  parseArguments,
} from './commands/index.ts';
import { type EvaluateOptions, type Evaluator, IncompleteCode } from './evaluate.ts';
import { shadowedCommand, type Vocabulary } from './line.ts';
import type { ChatSession } from './session.ts';
import type { Statement } from './statements.ts';
import { closest } from './suggestion.ts';

/** What came of it. */
export type Outcome =
  | { readonly type: 'result'; readonly result: CommandResult }
  | { readonly type: 'value'; readonly value: unknown };

/** What a runner works with. */
export interface RunnerOptions {
  readonly session: ChatSession;
  readonly evaluator: Evaluator;
  readonly vocabulary: Vocabulary;
  /** Told of what the person should know. */
  readonly onNotice: (text: string) => void;
}

const controlStatement = /^\s*(?:for|while|do|if|try|switch)\b/;

/** Runs statements one at a time for whoever awaits each. */
export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** @throws BanterError, IncompleteCode, and whatever the code throws */
  async run(content: Statement['content'], options: EvaluateOptions): Promise<Outcome> {
    switch (content.type) {
      case 'command': {
        const values = parseArguments(content.command, content.tail);
        return this.runCommand(content.command, values, options.signal);
      }
      case 'javascript':
        return this.#evaluate(content.source, options);
      case 'incomplete':
        throw new IncompleteCode();
    }
  }

  /** Carries out a command whose arguments have been read. */
  async runCommand(command: Command, values: Arguments, signal: AbortSignal): Promise<Outcome> {
    const { evaluator, session } = this.#options;
    const result = await abortable(signal, () =>
      evaluator.within(signal, () => command.run(session, values, { signal })),
    );
    return { type: 'result', result };
  }

  async #evaluate(source: string, options: EvaluateOptions): Promise<Outcome> {
    const { evaluator, onNotice, vocabulary } = this.#options;
    try {
      const value = await evaluator.evaluate(source, options);
      const shadowed = shadowedCommand(source, vocabulary.commands);
      if (shadowed !== undefined) {
        onNotice(
          `"${shadowed}" alone still means the command; write ";${shadowed}" for the variable`,
        );
      }
      // The last value within a loop or branch is nothing that anybody asked for.
      return { type: 'value', value: controlStatement.test(source) ? undefined : value };
    } catch (error) {
      throw this.#explain(error, source);
    }
  }

  /** Says what was probably meant where a line failed as JavaScript because it is nearly a command. */
  #explain(error: unknown, source: string): unknown {
    if (!(error instanceof ReferenceError || error instanceof SyntaxError)) return error;
    const { commands } = this.#options.vocabulary;
    const word = /^\s*(\w+)/.exec(source)?.[1] ?? '';
    const known = commands.get(word);
    if (known !== undefined && error.message === `${word} is not defined`) {
      return new BanterError(
        'COMMAND_INVALID',
        `"${word}" is a command, not a function; write it like "${known.example}", or use chat`,
        { cause: error },
      );
    }
    const looksLikeCommand = /^\s*\w+(?:\s+[^=(.+*/?:&|<>-].*)?$/.test(source.trimEnd());
    const meant =
      looksLikeCommand && known === undefined ? closest(word, commands.keys()) : undefined;
    if (meant === undefined) return error;
    return new BanterError('COMMAND_INVALID', `no command "${word}"; did you mean ${meant}?`, {
      cause: error,
    });
  }
}
