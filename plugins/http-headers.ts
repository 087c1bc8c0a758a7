/** Headers of requests: those that a plugin may set, and those that it is told. */

import type { IncomingMessage } from 'node:http';
import { BanterError } from '../core/error-api.ts';
import { httpLimits } from './http-limits.ts';

// An import of Node's HTTP asks for each of its exports, and one of them loads all of undici.
const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http');

type Headers = Readonly<Record<string, string>>;

/** What says who is spoken to, how much and how, is this process's to say; cookies are of a browser that is not here. */
const kept: ReadonlySet<string> = new Set([
  'accept-charset',
  'accept-encoding',
  'access-control-request-headers',
  'access-control-request-method',
  'connection',
  'content-length',
  'cookie',
  'cookie2',
  'date',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
]);

/** Whatever begins so speaks to proxies, or in a browser's name. */
const keptBeginnings = ['proxy-', 'sec-', 'x-forwarded-', 'forwarded'];

/** All that goes along to another host: anything else may be a secret for the first. */
const harmless: ReadonlySet<string> = new Set([
  'accept',
  'accept-language',
  'content-language',
  'content-type',
  'user-agent',
]);

/** With names in lower case. @throws BanterError OPTION_INVALID for what is no header, or is not for plugins to set */
export function checkedHeaders(given: Headers): Headers {
  const headers: Record<string, string> = Object.create(null);
  for (const [spelt, value] of Object.entries(given)) {
    const name = spelt.toLowerCase();
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new BanterError('OPTION_INVALID', `"${spelt.slice(0, 100)}" is no header`, { cause });
    }
    if (kept.has(name) || keptBeginnings.some((beginning) => name.startsWith(beginning))) {
      throw new BanterError('OPTION_INVALID', `the header "${name}" is not for plugins to set`);
    }
    headers[name] = value;
  }
  const characters = Object.entries(headers).flat().join('').length;
  if (characters > httpLimits.headerCharactersMax) {
    const problem = `headers have at most ${httpLimits.headerCharactersMax} characters, these have ${characters}`;
    throw new BanterError('OPTION_INVALID', problem);
  }
  return headers;
}

/** Those that go along with a redirect. */
export function carriedAlong(
  headers: Headers,
  { isElsewhere, hasBody }: { readonly isElsewhere: boolean; readonly hasBody: boolean },
): Headers {
  return Object.fromEntries(
    Object.entries(headers).filter(
      ([name]) => (!isElsewhere || harmless.has(name)) && (hasBody || !name.startsWith('content-')),
    ),
  );
}

/** What a plugin is told of an answer: each header once, cookies left out. */
export function headersOf({ headers }: IncomingMessage): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      name === 'set-cookie' || value === undefined
        ? []
        : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
