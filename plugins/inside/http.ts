/** The plugin's side of `ctx.http`. Runs in isolates only. */

import { httpLimits } from '../http-limits.ts';
import type { FetchOptions, FetchResponse, PluginHttp } from '../sdk.ts';
import { optional, type Requests } from './requests.ts';

// Taken before the plugin's code runs, so that replacing a builtin changes nothing here.
const { parse } = JSON;
const { entries } = Object;

/** Makes `ctx.http`. */
export function makeHttp(requests: Requests): PluginHttp {
  return Object.freeze({
    fetch: (url: string, options?: FetchOptions) => optional(ask(requests, url, options)),
  });
}

async function ask(
  requests: Requests,
  url: string,
  { method = 'GET', headers = {}, body, timeoutMs }: FetchOptions = {},
): Promise<FetchResponse> {
  const written: Record<string, string> = { __proto__: null } as unknown as Record<string, string>;
  for (const [name, value] of entries(headers)) written[name] = `${value}`;
  const answer = await requests.ask('fetch', {
    url: bounded(url, httpLimits.urlCharactersMax, 'an address'),
    // What is no method ends the plugin outside; here it is refused in words.
    method: checkedMethod(method),
    headers: written,
    body: body === undefined ? undefined : bounded(body, httpLimits.bodyCharactersMax, 'a body'),
    timeoutMs: checkedTimeout(timeoutMs),
  });
  const { status } = answer;
  return Object.freeze({
    ok: status >= 200 && status <= 299,
    status,
    url: answer.url,
    headers: Object.freeze(answer.headers),
    text: async () => answer.body,
    json: async (): Promise<unknown> => parse(answer.body),
  });
}

/** @throws RangeError; what is enforced is outside */
function bounded(value: string, max: number, what: string): string {
  const text = `${value}`;
  if (text.length > max) {
    throw new RangeError(`ctx.http.fetch: ${what} has at most ${max} characters`);
  }
  return text;
}

/** @throws TypeError */
function checkedMethod(method: NonNullable<FetchOptions['method']>): typeof method {
  for (const known of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    if (known === method) return known;
  }
  throw new TypeError(`ctx.http.fetch: there is no method "${method}"`);
}

/** @throws RangeError */
function checkedTimeout(timeoutMs: number = httpLimits.timeoutMsDefault): number {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= httpLimits.timeoutMsMax) {
    return timeoutMs;
  }
  throw new RangeError(`ctx.http.fetch: timeoutMs is 1 to ${httpLimits.timeoutMsMax}`);
}
