/** Parsers for data that somebody else made: each returns what it was given, typed, or names the place that is wrong. */

/** Any value that JSON can carry. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Returns `value` as a `T`. @throws ShapeError naming `place` */
export type Shape<T> = (value: unknown, place: string) => T;

/** What is wrong with the data, and where: `limits.sendsPerMinute: must be an integer from 1 to 600, not 0`. */
export class ShapeError extends Error {
  constructor(place: string, problem: string) {
    super(place === '' ? problem : `${place}: ${problem}`);
    this.name = 'ShapeError';
  }
}

/** A string of at most `max` characters that matches `pattern`; `wording` says in words what the pattern asks. */
export function text(max: number, pattern?: RegExp, wording?: string): Shape<string> {
  return (value, place) => {
    if (typeof value !== 'string' || value.length > max) {
      throw new ShapeError(
        place,
        `must be a text of at most ${max} characters, not ${show(value)}`,
      );
    }
    if (pattern !== undefined && !pattern.test(value)) {
      throw new ShapeError(place, `must be ${wording ?? String(pattern)}, not ${show(value)}`);
    }
    return value;
  };
}

/** A whole number from `min` to `max`. */
export function integer(min: number, max: number): Shape<number> {
  return (value, place) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      throw new ShapeError(place, `must be an integer from ${min} to ${max}, not ${show(value)}`);
    }
    return value;
  };
}

/** Any number that JSON can carry. */
export const number: Shape<number> = (value, place) => {
  if (typeof value === 'number') return value;
  throw new ShapeError(place, `must be a number, not ${show(value)}`);
};

/** True or false. */
export const yesOrNo: Shape<boolean> = (value, place) => {
  if (typeof value === 'boolean') return value;
  throw new ShapeError(place, `must be true or false, not ${show(value)}`);
};

/** One of the given words. */
export function choice<const T extends string>(words: readonly T[]): Shape<T> {
  return (value, place) => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) {
      throw new ShapeError(place, `must be one of ${words.join(', ')}, not ${show(value)}`);
    }
    return word;
  };
}

/** A list of at most `max` items. */
export function list<T>(item: Shape<T>, max: number): Shape<readonly T[]> {
  return (value, place) => {
    if (!Array.isArray(value) || value.length > max) {
      throw new ShapeError(place, `must be a list of at most ${max} items, not ${show(value)}`);
    }
    return value.map((entry: unknown, index) => item(entry, `${place}[${index}]`));
  };
}

/** An object with keys of the author's choosing, at most `max` of them. */
export function dictionary<T>(item: Shape<T>, max: number): Shape<Readonly<Record<string, T>>> {
  return (value, place) => {
    const entries = Object.entries(asObject(value, place));
    if (entries.length > max) {
      throw new ShapeError(place, `must have at most ${max} keys, not ${entries.length}`);
    }
    return Object.fromEntries(
      entries.map(([key, entry]) => [key, item(entry, join(place, key))] as const),
    );
  };
}

/** What may be left out. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> {
  return (value, place) => (value === undefined ? undefined : shape(value, place));
}

/** An object with exactly these keys; a key that the table does not know is an error that names it. */
export function record<T extends object>(
  fields: {
    readonly [K in keyof T]: Shape<T[K]>;
  },
): Shape<Readonly<T>> {
  // The table has one shape for every key of T, so its entries build a T.
  const table: readonly (readonly [string, Shape<unknown>])[] = Object.entries(fields);
  return (value, place) => {
    const source = asObject(value, place);
    for (const key of Object.keys(source)) {
      if (!Object.hasOwn(fields, key)) {
        throw new ShapeError(place, `unknown key ${show(key)}`);
      }
    }
    const result = table.map(([key, shape]) => {
      const entry: unknown = Object.hasOwn(source, key) ? source[key] : undefined;
      return [key, shape(entry, join(place, key))] as const;
    });
    // Every field of T has passed its own shape above; the type system cannot follow a table.
    return Object.freeze(Object.fromEntries(result)) as Readonly<T>;
  };
}

/** One of several records, told apart by their field `type`. */
export function variant<T extends { readonly type: string }>(
  table: {
    readonly [K in T['type']]: Shape<Extract<T, { readonly type: K }>>;
  },
): Shape<T> {
  const shapes: ReadonlyMap<unknown, Shape<T>> = new Map(Object.entries<Shape<T>>(table));
  return (value, place) => {
    const { type } = asObject(value, place);
    const shape = shapes.get(type);
    if (shape === undefined) {
      throw new ShapeError(join(place, 'type'), `unknown type ${show(type)}`);
    }
    return shape(value, place);
  };
}

/** Anything: for values that were made by a JSON parser and are only passed on. */
export const json: Shape<JsonValue> = (value) =>
  // A JSON parser makes nothing else; callers use this shape on its results only.
  value as JsonValue;

/** Parses JSON text and then checks it. @throws ShapeError */
export function parseJson<T>(source: string, shape: Shape<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    throw new ShapeError('', `must be JSON, not ${show(source)}`);
  }
  return shape(value, '');
}

function asObject(value: unknown, place: string): { readonly [key: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ShapeError(place, `must be an object, not ${show(value)}`);
  }
  // Every object can be read by string keys; what is found is unknown.
  return value as { readonly [key: string]: unknown };
}

function join(place: string, key: string): string {
  return place === '' ? key : `${place}.${key}`;
}

function show(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`;
  }
  if (typeof value === 'object' && value !== null) {
    return 'an object';
  }
  return value === undefined ? 'missing' : String(value);
}
