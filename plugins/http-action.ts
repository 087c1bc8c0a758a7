/** A request of a plugin to a server of the web, and what comes of it, as they cross the walls. */

import { type HttpMethod, httpLimits, httpMethods } from './http-limits.ts';
import { choice, dictionary, integer, list, optional, record, type Shape, text } from './shape.ts';

/** What a manifest says of requests. */
export interface HttpManifest {
  readonly methods: readonly HttpMethod[];
  /** Bytes of an answer's body; a longer one is refused. */
  readonly responseBytesMax: number;
}

/** A request. */
export interface FetchAction {
  readonly type: 'fetch';
  readonly id: number;
  readonly url: string;
  readonly method: HttpMethod;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

/** An answer, whatever its status. */
export interface FetchResult {
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: string;
  /** With names in lower case; `set-cookie` is left out. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an isolate may ask for. */
export const fetchAction: Shape<FetchAction> = record<FetchAction>({
  type: choice(['fetch']),
  id: integer(1, Number.MAX_SAFE_INTEGER),
  url: text(httpLimits.urlCharactersMax),
  method: choice(httpMethods),
  headers: dictionary(text(httpLimits.headerCharactersMax), httpLimits.headersMax),
  body: optional(text(httpLimits.bodyCharactersMax)),
  timeoutMs: integer(1, httpLimits.timeoutMsMax),
});

/** The same as a manifest has it. */
export interface RawHttpManifest {
  readonly methods: readonly HttpMethod[] | undefined;
  readonly responseBytesMax: number | undefined;
}

/** What a manifest may say. */
export const httpManifest: Shape<RawHttpManifest> = record<RawHttpManifest>({
  methods: optional(list(choice(httpMethods), httpMethods.length)),
  responseBytesMax: optional(integer(1, httpLimits.responseBytesMax)),
});
