/** Cuts scripts and pastes into statements: command lines, and the longest runs of lines that make one piece of JavaScript. */

import { classifyLine, type Line, type Vocabulary } from './line.ts';
import { prepare } from './syntax.ts';

/** One thing to do, and the number of the line on which it begins. */
export interface Statement {
  readonly line: number;
  readonly content: Exclude<Line, { readonly type: 'empty' }> | IncompleteStatement;
}

/** The script ended, or the bound was reached, within a statement. */
export interface IncompleteStatement {
  readonly type: 'incomplete';
  readonly source: string;
}

/** A statement longer than this many UTF-16 units is given back as incomplete. */
export const statementLengthMax: number = 1024 * 1024;

/** A line that begins like this goes on with the statement before it. */
const continuation =
  /^\s*(?:\.[\w$]|\?\.|(?:else|catch|finally|instanceof|in)\b|[)\]},:?*%&|^<>=+-])/;

/**
 * Takes lines, gives back statements as soon as they are known to be complete.
 * JavaScript is held until the next line that is not blank shows that it does not go on there (`.then(…)`, `else`);
 * a statement without `if` and `do` whose line ends in `;` is not held.
 * Blank lines and lines that begin with `#` or `//` between statements are skipped.
 */
export class StatementSplitter {
  readonly #vocabulary: Vocabulary;
  #lineNumber = 0;
  #startedAt = 0;
  #source = '';
  #isComplete = false;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Adds a line, without its line break. */
  push(line: string): readonly Statement[] {
    this.#lineNumber++;
    const finished: Statement[] = [];
    if (this.#source !== '') {
      if (this.#isComplete) {
        if (/^\s*(?:$|\/\/|#)/.test(line)) return finished;
        if (!this.#continues(line)) finished.push(this.#take());
      }
      if (this.#source !== '') {
        this.#source += `\n${line}`;
        finished.push(...this.#settle(line));
        return finished;
      }
    }
    if (/^\s*(?:$|\/\/|#)/.test(line)) return finished;
    const content = classifyLine(line, this.#vocabulary);
    if (content.type === 'command') finished.push({ line: this.#lineNumber, content });
    if (content.type === 'javascript') {
      this.#startedAt = this.#lineNumber;
      this.#source = content.source;
      finished.push(...this.#settle(line));
    }
    return finished;
  }

  /** Says that no line follows. */
  end(): readonly Statement[] {
    if (this.#source === '') return [];
    return [this.#isComplete ? this.#take() : this.#takeIncomplete()];
  }

  #continues(line: string): boolean {
    return continuation.test(line) && classifyLine(line, this.#vocabulary).type !== 'command';
  }

  #settle(line: string): readonly Statement[] {
    if (this.#source.length > statementLengthMax) return [this.#takeIncomplete()];
    const prepared = prepare(this.#source);
    if (prepared.type === 'invalid') return [this.#take()];
    this.#isComplete = prepared.type === 'complete';
    const isClosed = /;\s*$/.test(line) && !/\b(?:if|do)\b/.test(this.#source);
    return this.#isComplete && isClosed ? [this.#take()] : [];
  }

  #take(): Statement {
    const source = this.#source;
    this.#source = '';
    this.#isComplete = false;
    return { line: this.#startedAt, content: { type: 'javascript', source } };
  }

  #takeIncomplete(): Statement {
    const source = this.#source;
    const { line } = this.#take();
    return { line, content: { type: 'incomplete', source } };
  }
}

/** The statements of a text that is there as a whole. */
export function splitStatements(text: string, vocabulary: Vocabulary): readonly Statement[] {
  const splitter = new StatementSplitter(vocabulary);
  const statements = text.split(/\r\n?|\n/).flatMap((line) => splitter.push(line));
  return [...statements, ...splitter.end()];
}
