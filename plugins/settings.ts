/** The settings of a plugin: a part of JSON Schema, read by us. A schema is a stranger's, and never becomes code or a pattern here. */

import { BanterError } from '../core/error-api.ts';
import {
  choice,
  dictionary,
  type JsonValue,
  json,
  list,
  number,
  optional,
  record,
  type Shape,
  ShapeError,
  text,
  yesOrNo,
} from './shape.ts';

/** What a setting, or something in it, must be. The keywords mean what they mean in JSON Schema; `secret` is ours. */
export interface SettingInfo {
  readonly type: (typeof settingTypes)[number];
  readonly description: string | undefined;
  /** What it is if nobody says; without one it must be given. */
  readonly default: JsonValue | undefined;
  readonly enum: readonly JsonValue[] | undefined;
  readonly minimum: number | undefined;
  readonly maximum: number | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly items: SettingInfo | undefined;
  readonly minItems: number | undefined;
  readonly maxItems: number | undefined;
  readonly properties: Readonly<Record<string, SettingInfo>> | undefined;
  readonly required: readonly string[] | undefined;
  /** Comes from the environment alone. */
  readonly secret: boolean | undefined;
}

/** The values of all settings, and which of them nobody may be shown. */
export interface ReadSettings {
  readonly values: Readonly<Record<string, JsonValue>>;
  readonly secrets: readonly string[];
}

/** Those of a plugin that is not known yet. */
export const noSettings: ReadSettings = { values: {}, secrets: [] };

/** The variables of the environment by name. */
export type Variables = (name: string) => string | undefined;

const settingTypes = ['string', 'number', 'integer', 'boolean', 'array', 'object'] as const;

/** Schemas within schemas. */
const depthMax = 8;

/** Characters of a value that are shown in an error. */
const shownCharactersMax = 60;

/** The settings that a manifest declares. @throws ShapeError naming the place in the manifest */
export const settingsShape: Shape<Readonly<Record<string, SettingInfo>>> = (value, place) => {
  const settings = dictionary(schemaAt(0), 64)(value, place);
  for (const [name, { secret, type }] of Object.entries(settings)) {
    if (secret === true && type !== 'string') {
      throw new ShapeError(`${place}.${name}.secret`, 'is for settings of type string');
    }
  }
  return settings;
};

/**
 * The settings that a plugin gets: its defaults, overridden by what was given, and its secrets out of the environment.
 * @throws BanterError OPTION_INVALID naming the place in the settings, what it must be, and what to do
 */
export function readSettings(
  id: string,
  settings: Readonly<Record<string, SettingInfo>>,
  given: Readonly<Record<string, unknown>>,
  variables: Variables,
): ReadSettings {
  const secrets: string[] = [];
  const stranger = Object.keys(given).find((name) => !Object.hasOwn(settings, name));
  if (stranger !== undefined) {
    const known = Object.keys(settings).join(', ') || 'none';
    throw refusal(id, stranger, `unknown setting "${stranger}"; there are: ${known}`);
  }
  const values = Object.entries(settings).map(([name, schema]) => {
    const own = Object.hasOwn(given, name) ? given[name] : undefined;
    try {
      if (schema.secret !== true) return [name, checked(schema, own, name)] as const;
      const secret = readSecret(id, name, schema, own, variables);
      if (secret !== '') secrets.push(secret);
      return [name, secret] as const;
    } catch (cause) {
      if (!(cause instanceof ShapeError)) throw cause;
      throw refusal(id, name, `setting ${cause.message}`, cause);
    }
  });
  return { values: Object.fromEntries(values), secrets };
}

/** The variable in which a secret is looked for: `BANTER_PLUGIN_WEATHER_API_TOKEN`. */
export function secretVariable(id: string, name: string): string {
  const snake = `${id}_${name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')}`;
  return `BANTER_PLUGIN_${snake.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase()}`;
}

/** A text in which `•••` stands for each secret. */
export function redacted(text: string, { secrets }: ReadSettings): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, '•••'), text);
}

function readSecret(
  id: string,
  name: string,
  schema: SettingInfo,
  given: unknown,
  variables: Variables,
): string {
  const variable = given === undefined ? secretVariable(id, name) : referenced(given, name);
  const value = variables(variable) ?? schema.default;
  if (typeof value !== 'string') {
    throw new ShapeError(name, `is a secret, and missing: set the environment's ${variable}`);
  }
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  if (value.length < minLength || value.length > maxLength) {
    throw new ShapeError(name, `the environment's ${variable} has not the length of this secret`);
  }
  return value;
}

/** Whoever loads the plugin names the variable: a plugin's own words never choose one. @throws ShapeError */
function referenced(given: unknown, name: string): string {
  const { env, ...others } =
    typeof given === 'object' && given !== null ? { env: '', ...given } : {};
  if (typeof env === 'string' && /^\w{1,128}$/.test(env) && Object.keys(others).length === 0) {
    return env;
  }
  throw new ShapeError(
    name,
    'is a secret, which is not written down: name a variable of the environment, { "env": "NAME" }',
  );
}

function schemaAt(depth: number): Shape<SettingInfo> {
  return (value, place) => {
    if (depth > depthMax) throw new ShapeError(place, `is nested more than ${depthMax} deep`);
    const inner: Shape<SettingInfo> = schemaAt(depth + 1);
    const schema = record<SettingInfo>({
      type: choice(settingTypes),
      description: optional(text(200)),
      default: optional(json),
      enum: optional(list(json, 64)),
      minimum: optional(number),
      maximum: optional(number),
      minLength: optional(number),
      maxLength: optional(number),
      items: optional(inner),
      minItems: optional(number),
      maxItems: optional(number),
      properties: optional(dictionary(inner, 64)),
      required: optional(list(text(100), 64)),
      secret: optional(yesOrNo),
    })(value, place);
    if (schema.default !== undefined) checked(schema, schema.default, `${place}.default`);
    return schema;
  };
}

/** A value as its schema asks, with the defaults of what is in it. @throws ShapeError */
function checked(schema: SettingInfo, given: unknown, place: string): JsonValue {
  const value = given === undefined ? schema.default : given;
  if (value === undefined) throw new ShapeError(place, `is missing: ${wanted(schema)}`);
  checkType(schema.type, value, place);
  // What is not JSON (functions, cycles) fails here; what is, crosses into the isolate as it is read back.
  const plain = json(JSON.parse(JSON.stringify(value)), place);
  const { enum: words } = schema;
  if (words !== undefined && !words.some((word) => isSame(word, plain))) {
    throw new ShapeError(place, `must be one of ${words.map(show).join(', ')}, not ${show(plain)}`);
  }
  if (typeof plain === 'number') checkRange(schema, plain, place);
  if (typeof plain === 'string') checkCount(plain.length, 'characters', place, schema);
  if (Array.isArray(plain)) return checkedItems(schema, plain, place);
  if (typeof plain === 'object' && plain !== null) {
    // A list is none, as was just seen.
    return checkedFields(schema, plain as { readonly [key: string]: JsonValue }, place);
  }
  return plain;
}

function checkType(type: SettingInfo['type'], value: unknown, place: string): void {
  const actual = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  if (type === 'integer' ? Number.isSafeInteger(value) : actual === type) return;
  throw new ShapeError(place, `must be of type ${type}, not ${actual}`);
}

function checkRange(
  { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY }: SettingInfo,
  value: number,
  place: string,
): void {
  if (value < minimum) throw new ShapeError(place, `must be at least ${minimum}, not ${value}`);
  if (value > maximum) throw new ShapeError(place, `must be at most ${maximum}, not ${value}`);
}

function checkCount(
  count: number,
  of: 'characters' | 'items',
  place: string,
  schema: SettingInfo,
): void {
  const [min = 0, max = Number.POSITIVE_INFINITY] =
    of === 'items' ? [schema.minItems, schema.maxItems] : [schema.minLength, schema.maxLength];
  if (count < min) throw new ShapeError(place, `must have at least ${min} ${of}, not ${count}`);
  if (count > max) throw new ShapeError(place, `must have at most ${max} ${of}, not ${count}`);
}

function checkedItems(
  schema: SettingInfo,
  values: readonly JsonValue[],
  place: string,
): readonly JsonValue[] {
  checkCount(values.length, 'items', place, schema);
  const { items } = schema;
  if (items === undefined) return values;
  return values.map((item, at) => checked(items, item, `${place}[${at}]`));
}

function checkedFields(
  { properties, required = [] }: SettingInfo,
  value: { readonly [key: string]: JsonValue },
  place: string,
): JsonValue {
  if (properties === undefined) return value;
  const stranger = Object.keys(value).find((key) => !Object.hasOwn(properties, key));
  if (stranger !== undefined) {
    const known = Object.keys(properties).join(', ');
    throw new ShapeError(`${place}.${stranger}`, `is unknown; there are: ${known}`);
  }
  const fields = Object.entries(properties).flatMap(([key, schema]) => {
    const own = Object.hasOwn(value, key) ? value[key] : undefined;
    const isOpen = own === undefined && schema.default === undefined && !required.includes(key);
    return isOpen ? [] : [[key, checked(schema, own, `${place}.${key}`)] as const];
  });
  return Object.fromEntries(fields);
}

function wanted({ type, description }: SettingInfo): string {
  return `give it, of type ${type}${description === undefined ? '' : ` (${description})`}`;
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function show(value: JsonValue): string {
  const written = JSON.stringify(value);
  return written.length > shownCharactersMax ? `${written.slice(0, shownCharactersMax)}…` : written;
}

function refusal(id: string, key: string, problem: string, cause?: unknown): BanterError {
  return new BanterError('OPTION_INVALID', `${id}: ${problem}`, {
    cause,
    data: { plugin: id, key },
  });
}
