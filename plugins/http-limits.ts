/** How plugins may ask servers of the web, and the bounds of that. */

/** How one can ask; each but GET and HEAD has to stand in the manifest. */
export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** One of {@link httpMethods}. */
export type HttpMethod = (typeof httpMethods)[number];

/** The bounds of requests. What happens at each stands beside it. */
export const httpLimits = {
  /** Requests of one plugin a minute; further ones are refused. */
  requestsPerMinute: 60,
  /** Requests of one plugin at a time; further ones are refused. */
  requestsMax: 4,
  /** Milliseconds from the question to the last byte, redirects included; then it is given up. */
  timeoutMsDefault: 10_000,
  timeoutMsMax: 30_000,
  /** Redirects that are followed; at one more it is given up. */
  redirectsMax: 5,
  /** Bytes of an answer's body, unless the manifest says otherwise, and at most. */
  responseBytesDefault: 262_144,
  responseBytesMax: 1_048_576,
  /** Bytes of an answer's headers; then the connection ends. */
  responseHeaderBytesMax: 16_384,
  /** Characters of an address, and of the body of a question; more is refused. */
  urlCharactersMax: 4096,
  bodyCharactersMax: 131_072,
  /** Headers of a question, and their characters. */
  headersMax: 32,
  headerCharactersMax: 4096,
  /** Hosts in one manifest. */
  hostsMax: 16,
} as const;
