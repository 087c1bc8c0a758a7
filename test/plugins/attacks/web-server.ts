/** A real server of the web on this machine, for plugins to ask: honest ways, and hostile ones. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';

/** One server; what it was asked, and where it is. */
export interface WebServer {
  readonly port: number;
  /** Method, path and host of each request, in their order. */
  readonly asked: string[];
  /** Headers of the last request. */
  headers(): IncomingMessage['headers'];
  /** Resolves once somebody has ended a connection to a path that never answers. */
  readonly abandoned: Promise<void>;
}

const megabyte = 'x'.repeat(1_048_576);

/** Starts one, which ends with the test. */
export async function webServer(t: TestContext): Promise<WebServer> {
  const asked: string[] = [];
  const abandoned = Promise.withResolvers<void>();
  let headers: IncomingMessage['headers'] = {};
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.host}`);
    headers = request.headers;
    const url = new URL(request.url ?? '', 'http://server');
    (ways[url.pathname] ?? notFound)(response, url, request);
    response.on('close', () => {
      if (!response.writableFinished) abandoned.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  // It listens on an address, not on a pipe.
  const { port } = server.address() as AddressInfo;
  return { port, asked, headers: () => headers, abandoned: abandoned.promise };
}

type Way = (response: ServerResponse, url: URL, request: IncomingMessage) => void;

const notFound: Way = (response) => response.writeHead(404).end('nothing here');

const ways: Readonly<Record<string, Way>> = {
  '/hello': (response) => {
    response.setHeader('set-cookie', 'a=b');
    response.setHeader('x-color', 'blue');
    response.end('{"hello":"wörld"}');
  },
  '/echo': (response, _url, request) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => response.end(`${request.method} ${Buffer.concat(parts)}`));
  },
  '/to': (response, url) => {
    const status = Number(url.searchParams.get('status') ?? '302');
    response.writeHead(status, { location: url.searchParams.get('url') ?? '' }).end('on you go');
  },
  '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
  '/giant': (response) => response.end(megabyte),
  '/endless': (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(megabyte));
      response.once('drain', more);
    };
    more();
  },
  '/bomb': (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(megabyte));
  },
  '/silent': () => undefined,
  '/slow': (response) => {
    response.write('a');
    const timer = setInterval(() => response.write('a'), 20);
    response.on('close', () => clearInterval(timer));
  },
  '/headers': (response) => {
    response.setHeader('x-long', 'y'.repeat(20_000));
    response.end();
  },
  '/broken': (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('only this', () => response.destroy());
  },
};
