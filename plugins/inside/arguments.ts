/** The arguments of commands: checked as the author declares them, and read from what people write. Runs in isolates only. */

import type { ArgumentInfo } from '../command-info.ts';
import { limits } from '../limits.ts';
import type { Argument } from '../sdk.ts';

/** The values by name, or what is wrong with what was written, in words that begin a sentence. */
export type ReadArguments =
  | { readonly type: 'read'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly type: 'wrong'; readonly problem: string };

/** A value, or what is wrong with a word, to follow its name. */
type Read = { readonly value: unknown } | { readonly problem: string };

type Reader<T extends Argument['type']> = (
  word: string,
  argument: Extract<Argument, { readonly type: T }>,
) => Read;

const booleans: ReadonlyMap<string, boolean> = new Map([
  ['yes', true],
  ['true', true],
  ['on', true],
  ['no', false],
  ['false', false],
  ['off', false],
]);

const readers: { readonly [T in Argument['type']]: Reader<T> } = {
  string: readText,
  rest: readText,
  number: readNumber,
  integer: readNumber,
  boolean: (word) => {
    const value = booleans.get(word.toLowerCase());
    return value === undefined ? { problem: `must be yes or no, not ${show(word)}` } : { value };
  },
  choice: (word, { choices }) => {
    const value = choices.find((choice) => choice.toLowerCase() === word.toLowerCase());
    return value === undefined
      ? { problem: `must be one of ${choices.join(', ')}, not ${show(word)}` }
      : { value };
  },
  user: (word) => readName(word, '@'),
  group: (word) => readName(word, '#'),
};

/**
 * What the chat process is told of the arguments.
 * @throws TypeError naming `command` and the argument that is not as the SDK says
 */
export function describeArguments(
  command: string,
  definitions: readonly Argument[],
): readonly ArgumentInfo[] {
  if (!Array.isArray(definitions)) {
    throw new TypeError(`ctx.command: "${command}": args is a list such as [{ name, type }]`);
  }
  if (definitions.length > limits.commandArgumentsMax) {
    throw new TypeError(
      `ctx.command: "${command}" has more than ${limits.commandArgumentsMax} arguments`,
    );
  }
  const names = new Set<string>();
  let mayFollow = true;
  let optional = false;
  return definitions.map((definition) => {
    const wrong = (problem: string): TypeError =>
      new TypeError(`ctx.command: "${command}": argument ${show(`${definition.name}`)} ${problem}`);
    if (!/^[A-Za-z][A-Za-z0-9]{0,31}$/.test(definition.name)) {
      throw wrong('must have a name of 1 to 32 letters and digits, beginning with a letter');
    }
    if (names.has(definition.name)) throw wrong('is there twice');
    if (!mayFollow) throw wrong('follows one of type "rest", which takes all');
    if (!Object.hasOwn(readers, definition.type)) throw wrong('has no type that there is');
    names.add(definition.name);
    mayFollow = definition.type !== 'rest';
    const info = describe(definition);
    if (optional && !info.optional) throw wrong('must be optional: it follows one that is');
    optional = info.optional;
    checkDefinition(definition, info, wrong);
    return info;
  });
}

/** Reads what follows the name of a command. */
export function readArguments(definitions: readonly Argument[], written: string): ReadArguments {
  const values: Record<string, unknown> = {};
  let left = written.trim();
  for (const definition of definitions) {
    if (left === '') {
      if (!isOptional(definition)) {
        return { type: 'wrong', problem: `${definition.name} is missing.` };
      }
      values[definition.name] = 'default' in definition ? definition.default : undefined;
      continue;
    }
    const taken = definition.type === 'rest' ? { word: left, left: '' } : takeWord(left);
    if ('problem' in taken) return { type: 'wrong', problem: `${taken.problem}.` };
    left = taken.left;
    const read = readOne(definition, taken.word);
    if ('problem' in read) {
      return { type: 'wrong', problem: `${definition.name} ${read.problem}.` };
    }
    values[definition.name] = read.value;
  }
  return left === ''
    ? { type: 'read', values: Object.freeze(values) }
    : { type: 'wrong', problem: `${show(left)} is too much.` };
}

function describe(definition: Argument): ArgumentInfo {
  const { name, type, description = '' } = definition;
  return {
    name,
    type,
    description,
    optional: isOptional(definition),
    choices: type === 'choice' ? definition.choices : [],
    min: 'min' in definition ? definition.min : undefined,
    max: 'max' in definition ? definition.max : undefined,
  };
}

function checkDefinition(
  definition: Argument,
  { description, choices }: ArgumentInfo,
  wrong: (problem: string) => TypeError,
): void {
  if (description.length > 200) throw wrong('has a description of more than 200 characters');
  if (definition.type === 'choice') {
    const count = choices.length;
    const max = limits.commandChoicesMax;
    if (count < 1 || count > max) throw wrong(`has ${count} choices, not 1 to ${max}`);
    if (choices.some((choice) => !/^\S{1,60}$/.test(choice))) {
      throw wrong('has a choice that is not one word of at most 60 characters');
    }
  }
  if ('default' in definition && definition.default !== undefined) {
    const read = readOne(definition, `${definition.default}`);
    if ('problem' in read) throw wrong(`has a default that ${read.problem}`);
  }
}

function isOptional(definition: Argument): boolean {
  return definition.optional === true || 'default' in definition;
}

function readOne(definition: Argument, word: string): Read {
  // The table has for each type the reader of just this type.
  return (readers[definition.type] as Reader<Argument['type']>)(word, definition);
}

function readText(word: string, { max }: { readonly max?: number }): Read {
  return max !== undefined && word.length > max
    ? { problem: `must have at most ${max} characters, not ${word.length}` }
    : { value: word };
}

function readNumber(
  word: string,
  {
    type,
    min = Number.NEGATIVE_INFINITY,
    max = Number.POSITIVE_INFINITY,
  }: { readonly type: 'number' | 'integer'; readonly min?: number; readonly max?: number },
): Read {
  const isNumber = /^[+-]?(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})$/.test(word);
  const value = Number(word);
  const fits = isNumber && (type === 'number' || Number.isSafeInteger(value));
  if (fits && value >= min && value <= max) return { value };
  const what = type === 'number' ? 'a number' : 'a whole number';
  return { problem: `must be ${what}${rangeWords(min, max)}, not ${show(word)}` };
}

function rangeWords(min: number, max: number): string {
  const [from, to] = [Number.isFinite(min), Number.isFinite(max)];
  if (from && to) return ` from ${min} to ${max}`;
  if (from) return ` of at least ${min}`;
  return to ? ` of at most ${max}` : '';
}

/** A name as people write it, its sign taken off; whether there is such a one is not looked at. */
function readName(word: string, sign: string): Read {
  const value = word.startsWith(sign) ? word.slice(1) : word;
  return /^[\p{L}\p{N}\p{M}._-]{1,64}$/u.test(value)
    ? { value }
    : { problem: `must be a name, not ${show(word)}` };
}

type Taken = { readonly word: string; readonly left: string } | { readonly problem: string };

/** Telephones write quotes of their own. */
const quoted = /^["“”]((?:[^"“”\\]|\\.)*)["“”](?:\s+|$)/su;

/** Takes the first word of what is left, which may stand in quotes. */
function takeWord(left: string): Taken {
  if (/^["“”]/u.test(left)) {
    const [all, inner] = quoted.exec(left) ?? [];
    if (all === undefined || inner === undefined) {
      return { problem: `${show(left)} begins with a quote that does not end` };
    }
    return { word: inner.replaceAll(/\\(.)/gsu, '$1'), left: left.slice(all.length) };
  }
  const [all = left, word = left] = /^(\S+)\s*/.exec(left) ?? [];
  return { word, left: left.slice(all.length) };
}

function show(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`;
}
