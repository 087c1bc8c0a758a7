/** Whether code is complete, and what V8 should be given for it: TypeScript is stripped where JavaScript fails. */

import { stripTypeScriptTypes } from 'node:module';
import { Script } from 'node:vm';
import { rewriteImports } from './imports.ts';

/** What became of a piece of code. */
export type Prepared =
  | { readonly type: 'complete'; readonly code: string }
  /** More lines could make it complete. */
  | { readonly type: 'incomplete' }
  | { readonly type: 'invalid'; readonly error: unknown };

/**
 * Reads code as one would at a prompt: `{a: 1}` is an object, `await` works at the top level, `import` statements
 * become dynamic imports, types are dropped.
 */
export function prepare(source: string): Prepared {
  const code = rewriteImports(source);
  const trimmed = code.trim();
  if (trimmed.startsWith('{') && !trimmed.endsWith(';')) {
    const expression = parse(`(${trimmed}\n)`);
    if (expression.type === 'complete') return expression;
  }
  const parsed = parse(code);
  return parsed.type === 'invalid' ? parseTypeScript(code, parsed) : parsed;
}

function parse(code: string): Prepared {
  const plain = syntaxError(code);
  if (plain === undefined) return { type: 'complete', code };
  if (!/\bawait\b/.test(code)) return asksForMore(plain) ? { type: 'incomplete' } : invalid(plain);
  // V8 takes `await` at the top level only in its REPL mode, which cannot be asked without running the code.
  const opened = `(async () => {${code}\n`;
  const wrapped = syntaxError(`${opened}})`);
  if (wrapped === undefined) return { type: 'complete', code };
  const rest = syntaxError(opened);
  return rest !== undefined && asksForMore(rest) ? { type: 'incomplete' } : invalid(wrapped);
}

function parseTypeScript(code: string, failed: Prepared): Prepared {
  const stripped = strip(code);
  if (stripped.type === 'complete') {
    const parsed = parse(stripped.code);
    return parsed.type === 'complete' ? parsed : failed;
  }
  return stripped.type === 'incomplete' ? stripped : failed;
}

function strip(code: string): Prepared {
  try {
    return { type: 'complete', code: withoutWarning(() => stripTypeScriptTypes(code)) };
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const incomplete = /^Unexpected eof$|got '<eof>'|^Unterminated (template|block comment)/;
    // At the very end of its input the parser speaks of a missing expression instead.
    const trailing = message === 'Expression expected' && /[([{,=:?&|+*/<>-]\s*$/.test(code);
    return incomplete.test(message) || trailing ? { type: 'incomplete' } : invalid(error);
  }
}

function syntaxError(code: string): Error | undefined {
  try {
    new Script(code);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function asksForMore(error: Error): boolean {
  return (
    /^(Unexpected end of input|Unterminated template literal|missing \) after argument list|Missing catch or finally after try)$/.test(
      error.message,
    ) ||
    (/^Invalid or unexpected token$/.test(error.message) && unterminatedComment(error))
  );
}

function unterminatedComment(error: Error): boolean {
  // V8 has one message for several faults; its stack quotes the line with the place marked below.
  const [, line = '', marker = ''] = (error.stack ?? '').split('\n');
  return line.slice(marker.indexOf('^')).startsWith('/*');
}

function invalid(error: unknown): Prepared {
  return { type: 'invalid', error };
}

/** Type stripping announces on stderr, once, that it is experimental; the person did not ask. */
export function withoutWarning<Value>(work: () => Value): Value {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
