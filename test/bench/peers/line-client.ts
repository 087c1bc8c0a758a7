/** A TCP client of a protocol of lines that answers PING with PONG, one for one and in order. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface LineClientOptions {
  readonly port: number;
  readonly onLine: (line: string) => void;
  readonly onLost: (reason: string) => void;
}

export class LineClient {
  readonly #socket: Socket;
  readonly #awaitingPong: (() => void)[] = [];
  #rest = '';
  #closing = false;

  private constructor(socket: Socket, { onLine, onLost }: LineClientOptions) {
    this.#socket = socket;
    // What the benchmarks say is ASCII.
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => this.#receive(String(chunk), onLine));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!this.#closing) onLost('the server hung up');
    });
  }

  /** @throws Error when no server is there */
  static async open(options: LineClientOptions): Promise<LineClient> {
    const socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true });
    await once(socket, 'connect');
    return new LineClient(socket, options);
  }

  write(lines: string): void {
    this.#socket.write(lines, 'latin1');
  }

  /** Writes lines that end with a PING; resolves with its PONG, when the server has taken them all. */
  ask(lines: string): Promise<void> {
    return new Promise((resolve) => {
      this.#awaitingPong.push(resolve);
      this.write(lines);
    });
  }

  /** To be told of each PONG. */
  receivePong(): void {
    this.#awaitingPong.shift()?.();
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #receive(chunk: string, onLine: (line: string) => void): void {
    const lines = (this.#rest + chunk).split('\r\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }
}
