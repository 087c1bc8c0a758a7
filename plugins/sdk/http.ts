/** What a plugin asks servers of the web. */

import type { HttpMethod } from '../http-limits.ts';

/** How to ask. */
export interface FetchOptions {
  /** Default `GET`. Others than `GET` and `HEAD` have to stand in the manifest (`http.methods`). */
  readonly method?: HttpMethod;
  /** At most 32. Those about the connection, the host, the length, proxies and cookies are not for plugins to set. */
  readonly headers?: Readonly<Record<string, string>>;
  /** At most 131,072 characters, sent as UTF-8. */
  readonly body?: string;
  /** Milliseconds until the last byte must have come, redirects included: 1 to 30,000, default 10,000. */
  readonly timeoutMs?: number;
}

/** An answer, whatever its status. */
export interface FetchResponse {
  /** Whether the status is one of success, 200 to 299. */
  readonly ok: boolean;
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: string;
  /** With names in lower case, without cookies. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, read as UTF-8. */
  text(): Promise<string>;
  /** The body as JSON; rejects with a `SyntaxError` for anything else. */
  json(): Promise<unknown>;
}

/**
 * Requests to hosts that the manifest names: `http:api.example.com` is `https://api.example.com`, another scheme or port is
 * written out (`http:http://api.example.com:8080`). Hosts on this machine and in its networks need `http+private:<host>`.
 */
export interface PluginHttp {
  /**
   * Asks, follows at most 5 redirects (each to a host that was granted), and resolves with the whole answer. 60 requests a
   * minute, 4 at a time. Rejects with an error whose `code` says why: `PERMISSION_DENIED` (host, method or address),
   * `OPTION_INVALID` (no address or header), `RATE_LIMITED` or `HTTP_FAILED` (not reached, no valid certificate, too slow,
   * too long, packed).
   */
  fetch(url: string, options?: FetchOptions): Promise<FetchResponse>;
}
