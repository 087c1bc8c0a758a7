/** A registry of npm packages on the loopback interface, for one test. */

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';

/** One version of a package. */
export interface Published {
  readonly name: string;
  readonly version: string;
  readonly tarball: Buffer;
}

/** Serves packages as npm asks for them, and keeps what it was asked. */
export class Registry {
  readonly #http: Server;
  readonly #packages = new Map<string, Published>();
  /** The paths that were asked for, in their order. */
  readonly asked: string[] = [];

  private constructor() {
    this.#http = createServer(({ url = '' }, response) => {
      const path = decodeURIComponent(url);
      this.asked.push(path);
      const answer = this.#answer(path.slice(1));
      response.writeHead(answer === undefined ? 404 : 200);
      response.end(answer ?? '{}');
    });
  }

  /** Ends with the test. */
  static async start(t: { after(close: () => void): void }): Promise<Registry> {
    const registry = new Registry();
    registry.#http.listen(0, '127.0.0.1');
    await once(registry.#http, 'listening');
    t.after(() => {
      registry.#http.close();
      registry.#http.closeAllConnections();
    });
    return registry;
  }

  get url(): string {
    const address = this.#http.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  }

  /** Serves it as the latest version from now on. */
  publish(published: Published): void {
    this.#packages.set(published.name, published);
  }

  #answer(path: string): Buffer | string | undefined {
    const whole = this.#packages.get(path);
    if (whole !== undefined) return this.#packument(whole);
    return [...this.#packages.values()].find((one) => tarballPath(one) === path)?.tarball;
  }

  #packument(published: Published): string {
    const { name, version, tarball } = published;
    const dist = { tarball: this.url + tarballPath(published), integrity: integrityOf(tarball) };
    const versions = { [version]: { name, version, dist } };
    return JSON.stringify({ name, 'dist-tags': { latest: version }, versions });
  }
}

/** As npm writes it. */
export function integrityOf(tarball: Buffer): string {
  return `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
}

/** A name of its own for other bytes, as nothing that was published changes. */
function tarballPath({ name, version, tarball }: Published): string {
  return `${name}/-/${version}-${createHash('sha256').update(tarball).digest('hex')}.tgz`;
}
