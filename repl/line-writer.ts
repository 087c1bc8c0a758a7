/** Writes lines to a stream without letting it pile up. */

/** A stream, perhaps a terminal. */
export type OutputStream = NodeJS.WritableStream &
  Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'hasColors' | 'writableLength'>>;

const waitingMax = 8 * 1024 * 1024;

/** Knows when its reader is gone, and when it is slower than what is written. */
export class LineWriter {
  readonly #stream: OutputStream;
  readonly #closed = Promise.withResolvers<void>();
  readonly #onError: (error: NodeJS.ErrnoException) => void;
  #isClosed = false;
  #failure: Error | undefined;
  #full = false;
  #dropped = 0;

  constructor(stream: OutputStream) {
    this.#stream = stream;
    this.#onError = (error) => {
      if (error.code !== 'EPIPE') this.#failure = error;
      this.#isClosed = true;
      this.#closed.resolve();
    };
    stream.on('error', this.#onError);
  }

  /** Resolves when nobody reads any more. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Why writing failed, unless the reader just went away. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Writes a line; nothing once the reader is gone. */
  write(line: string): void {
    if (this.#isClosed) return;
    this.#full = !this.#stream.write(`${line}\n`);
  }

  /** As {@link write}, but drops and counts the line while 8 MiB wait for the reader: nobody can slow the sender down. */
  offer(line: string): void {
    if ((this.#stream.writableLength ?? 0) > waitingMax) this.#dropped++;
    else this.write(line);
  }

  /** How many lines were dropped since this was last asked. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Resolves when the reader has caught up, or is gone. */
  async drained(): Promise<void> {
    if (!this.#full || this.#isClosed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    // Racing `closed`, which outlives every wait, would leave a reaction on it each time.
    this.#stream.once('drain', resolve);
    this.#stream.once('error', resolve);
    await promise;
    this.#stream.off('drain', resolve);
    this.#stream.off('error', resolve);
    this.#full = false;
  }

  /** Stops listening to the stream, which stays open. */
  [Symbol.dispose](): void {
    this.#stream.off('error', this.#onError);
  }
}
