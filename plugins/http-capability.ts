/** The capability `http.fetch`: requests of plugins, made by this process to hosts that were granted, and to no address that was not. */

import { type LookupAddress, lookup } from 'node:dns';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Agent, request as requestSecurely } from 'node:https';
import { isIP } from 'node:net';
import { BanterError } from '../core/error-api.ts';
import type { Granted } from './granted.ts';
import type { FetchAction, FetchResult, HttpManifest } from './http-action.ts';
import { carriedAlong, checkedHeaders, headersOf } from './http-headers.ts';
import { httpLimits } from './http-limits.ts';
import { type HttpGrant, isPublicAddress } from './http-origin.ts';

// An import of Node's HTTP asks for each of its exports, and one of them loads all of undici.
const { Agent: PlainAgent, request } = process.getBuiltinModule('node:http');

/** Finds addresses as `dns.lookup` does. */
export type Lookup = (
  host: string,
  options: { readonly all: true },
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** Who asks. */
export interface Fetcher {
  readonly granted: Granted;
  readonly http: HttpManifest;
}

/** One step of a request: where, how, and with what. */
interface Step {
  readonly url: URL;
  readonly grant: HttpGrant;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Each request has a connection of its own: none is handed from one plugin, or one check, to the next. */
const agents = {
  'https:': new Agent({ keepAlive: false }),
  'http:': new PlainAgent({ keepAlive: false }),
} as const;

/** Asks for plugins; whose they are, `end` ends. */
export class HttpCapability<Owner> {
  readonly #lookup: Lookup;
  readonly #running = new Map<Owner, Set<AbortController>>();

  constructor(find: Lookup = lookup) {
    this.#lookup = find;
  }

  /**
   * Makes a request, following its redirects.
   * @throws BanterError PERMISSION_DENIED for a host, method or address that was not granted, OPTION_INVALID for what is no
   * address or header, RATE_LIMITED, HTTP_FAILED for what went wrong
   */
  async fetch(owner: Owner, fetcher: Fetcher, action: FetchAction): Promise<FetchResult> {
    const { method, body, timeoutMs } = action;
    if (!fetcher.http.methods.includes(method)) {
      const problem = `the manifest allows ${fetcher.http.methods.join(', ')}, not ${method} (http.methods)`;
      throw new BanterError('PERMISSION_DENIED', problem);
    }
    const url = parsed(action.url);
    const headers = checkedHeaders(action.headers);
    const running = this.#running.get(owner) ?? new Set();
    if (running.size >= httpLimits.requestsMax) {
      throw new BanterError('RATE_LIMITED', `${httpLimits.requestsMax} requests are open already`);
    }
    const controller = new AbortController();
    this.#running.set(owner, running.add(controller));
    const timer = setTimeout(() => {
      controller.abort(
        new BanterError('HTTP_FAILED', `${url.host} took more than ${timeoutMs} ms`),
      );
    }, timeoutMs);
    try {
      const grant = grantFor(fetcher.granted, url);
      return await this.#follow({ url, grant, method, headers, body }, fetcher, controller.signal);
    } finally {
      clearTimeout(timer);
      running.delete(controller);
      if (running.size === 0) this.#running.delete(owner);
    }
  }

  /** Gives up whatever is under way for somebody. */
  end(owner: Owner): void {
    for (const controller of this.#running.get(owner) ?? []) {
      controller.abort(new BanterError('ABORTED', 'the plugin has ended'));
    }
  }

  /** Gives up everything. */
  close(): void {
    for (const owner of this.#running.keys()) this.end(owner);
  }

  async #follow(first: Step, fetcher: Fetcher, signal: AbortSignal): Promise<FetchResult> {
    let step = first;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#ask(step, signal);
      const { statusCode: status = 0 } = response;
      const location = redirectStatuses.has(status) ? response.headers.location : undefined;
      if (location === undefined) {
        const body = await bodyOf(response, step, fetcher.http.responseBytesMax, signal);
        return { status, url: step.url.href, headers: headersOf(response), body };
      }
      response.destroy();
      if (redirects >= httpLimits.redirectsMax) {
        const problem = `${first.url.host} leads on more than ${httpLimits.redirectsMax} times`;
        throw new BanterError('HTTP_FAILED', problem);
      }
      step = redirected(step, status, location, fetcher.granted);
    }
  }

  async #ask(
    { url, grant, method, headers, body }: Step,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    // A literal is connected to without being looked up.
    if (isIP(host) !== 0) checkAddresses(host, [host], grant);
    const isSecure = url.protocol === 'https:';
    const options: RequestOptions = {
      method,
      headers: { ...headers, 'accept-encoding': 'identity', connection: 'close' },
      agent: agents[isSecure ? 'https:' : 'http:'],
      maxHeaderSize: httpLimits.responseHeaderBytesMax,
      signal,
      // The name is looked up once, and what was checked is what is connected to.
      lookup: (name, { all }, callback) => {
        this.#lookup(name, { all: true }, (error, addresses) => {
          try {
            if (error !== null) throw error;
            checkAddresses(
              name,
              addresses.map(({ address }) => address),
              grant,
            );
            const [{ address, family } = { address: '', family: 0 }] = addresses;
            if (all === true) callback(null, [...addresses]);
            else callback(null, address, family);
          } catch (cause) {
            callback(cause instanceof Error ? cause : new Error(String(cause)), '', 0);
          }
        });
      },
    };
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => reject(reasonOf(error, url, signal));
      const asked = isSecure
        ? requestSecurely(url, { ...options, rejectUnauthorized: true }, resolve)
        : request(url, options, resolve);
      asked.on('error', fail);
      asked.end(body);
    });
  }
}

/** @throws BanterError OPTION_INVALID */
function parsed(text: string): URL {
  const url = URL.parse(text);
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (url === null || !isWeb || url.username !== '' || url.password !== '') {
    throw new BanterError(
      'OPTION_INVALID',
      `"${text}" is no address of the web; write it like https://api.example.com/path, without a name and password`,
    );
  }
  return url;
}

/** @throws BanterError PERMISSION_DENIED */
function grantFor(granted: Granted, url: URL): HttpGrant {
  const grants = granted.hosts.filter(({ origin }) => origin === url.origin);
  const grant = grants.find(({ isPrivate }) => isPrivate) ?? grants[0];
  if (grant !== undefined) return grant;
  const name = url.protocol === 'https:' ? url.host : url.origin;
  const problem = `fetch needs the permission "http:${name}"`;
  throw new BanterError('PERMISSION_DENIED', problem, { data: { permission: `http:${name}` } });
}

/** One address of many that is not public is enough: whoever names both waits for the second try. @throws BanterError PERMISSION_DENIED */
function checkAddresses(
  host: string,
  addresses: readonly string[],
  { isPrivate }: HttpGrant,
): void {
  const hidden = addresses.find((address) => !isPublicAddress(address));
  if (isPrivate || hidden === undefined) return;
  throw new BanterError(
    'PERMISSION_DENIED',
    `${host} is ${hidden}, no address of the public internet; that needs the permission "http+private:…"`,
  );
}

/** Where an answer leads: asked for anew in every respect. @throws BanterError PERMISSION_DENIED, HTTP_FAILED */
function redirected(step: Step, status: number, location: string, granted: Granted): Step {
  const target = URL.parse(location, step.url.href);
  if (target === null) {
    throw new BanterError('HTTP_FAILED', `${step.url.host} leads to what is no address`);
  }
  const url = parsed(target.href);
  const grant = grantFor(granted, url);
  const becomesGet =
    status === 303 ? step.method !== 'HEAD' : status < 303 && step.method === 'POST';
  const isElsewhere = url.origin !== step.url.origin;
  const headers = carriedAlong(step.headers, { isElsewhere, hasBody: !becomesGet });
  return becomesGet
    ? { url, grant, headers, method: 'GET', body: undefined }
    : { ...step, url, grant, headers };
}

/** The body as UTF-8. What is longer than it may be is not read to its end. @throws BanterError HTTP_FAILED */
async function bodyOf(
  response: IncomingMessage,
  { url }: Step,
  bytesMax: number,
  signal: AbortSignal,
): Promise<string> {
  try {
    // It was not asked for; and what it would take unpacked nobody has said.
    const encoding = response.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity') {
      throw new BanterError('HTTP_FAILED', `${url.host} answers packed (${encoding.slice(0, 40)})`);
    }
    const parts: Buffer[] = [];
    let bytes = 0;
    for await (const part of response) {
      // A stream without an encoding gives buffers.
      const buffer = part as Buffer;
      bytes += buffer.length;
      if (bytes > bytesMax) {
        throw new BanterError(
          'HTTP_FAILED',
          `${url.host} answers with more than ${bytesMax} bytes`,
        );
      }
      parts.push(buffer);
    }
    return Buffer.concat(parts).toString();
  } catch (error) {
    throw reasonOf(error, url, signal);
  } finally {
    response.destroy();
  }
}

function reasonOf(error: unknown, url: URL, signal: AbortSignal): BanterError {
  const cause: unknown = signal.aborted ? signal.reason : error;
  if (cause instanceof BanterError) return cause;
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new BanterError('HTTP_FAILED', `${url.host}: ${problem}`, { cause });
}
