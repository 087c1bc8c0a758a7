/** The HTTP side of what runs unattended: `/healthz` for whoever supervises it, `/metrics` for Prometheus. */

import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { BanterError } from '../core/error-api.ts';

// An import of Node's HTTP asks for each of its exports, and one of them loads all of undici.
const { createServer } = process.getBuiltinModule('node:http');

/** A body and what it is. */
export interface Page {
  readonly contentType: string;
  readonly body: string;
}

export interface StatusOptions {
  /** TCP port of the loopback interface; 0 for any free one. */
  readonly port: number;
  /** Why not all is well, as words that programs know; empty while it is. */
  readonly problems: () => readonly string[];
  /** The metrics of this moment in the format of Prometheus. */
  readonly metrics: () => Promise<Page>;
}

/** Nobody on the network can reach it, so that it needs neither password nor encryption. */
const host = '127.0.0.1';

/** One who supervises and one who scrapes, and room for the curious; others are turned away. */
const connectionsMax = 32;

/** Who takes longer for a request, or to think of the next one, is disconnected. Milliseconds. */
const patienceMs = 5000;

const headerBytesMax = 8192;

/** A page of the web whose name leads here (DNS rebinding) sends its own name. */
const ownNames = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;

interface Answer extends Page {
  readonly status: number;
}

type Route = (options: StatusOptions) => Answer | Promise<Answer>;

const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/healthz', ({ problems }) => health(problems())],
  ['/metrics', async ({ metrics }) => ({ status: 200, ...(await metrics()) })],
]);

/** Answers GET and HEAD on the loopback interface. */
export class StatusServer {
  readonly #http: Server;
  /** The port it listens on. */
  readonly port: number;

  private constructor(http: Server, port: number) {
    this.#http = http;
    this.port = port;
  }

  /** @throws BanterError PORT_IN_USE */
  static async start(options: StatusOptions): Promise<StatusServer> {
    const { port } = options;
    const http = createServer(
      {
        maxHeaderSize: headerBytesMax,
        headersTimeout: patienceMs,
        requestTimeout: patienceMs,
        keepAliveTimeout: patienceMs,
      },
      (request, response) => void respond(options, request, response),
    );
    http.maxConnections = connectionsMax;
    try {
      http.listen(port, host);
      await once(http, 'listening');
    } catch (cause) {
      const words = `HTTP port ${port} is in use or reserved to the system`;
      throw new BanterError('PORT_IN_USE', words, { cause, data: { port } });
    }
    const address = http.address();
    return new StatusServer(http, typeof address === 'object' ? (address?.port ?? port) : port);
  }

  /** Ends it, and whatever is under way. Idempotent. */
  async close(): Promise<void> {
    if (!this.#http.listening) return;
    const closed = once(this.#http, 'close');
    this.#http.close();
    this.#http.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function respond(
  options: StatusOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, contentType, body } = await answerTo(options, request);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}

function answerTo(options: StatusOptions, request: IncomingMessage): Answer | Promise<Answer> {
  const { method, url = '', headers } = request;
  if (!ownNames.test(headers.host ?? '')) {
    return refusal(421, 'ask as localhost or 127.0.0.1; a proxy must say so in the header Host');
  }
  const route = routes.get(url.split('?', 1)[0] ?? '');
  if (route === undefined) return refusal(404, `there are ${[...routes.keys()].join(' and ')}`);
  if (method !== 'GET' && method !== 'HEAD') return refusal(405, 'only GET and HEAD are answered');
  return route(options);
}

function health(problems: readonly string[]): Answer {
  const isWell = problems.length === 0;
  const body = `${JSON.stringify({ status: isWell ? 'ok' : 'unavailable', problems })}\n`;
  return { status: isWell ? 200 : 503, contentType: 'application/json', body };
}

function refusal(status: number, words: string): Answer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${words}\n` };
}
