/** A client whose plugins can be recorded: what it tells them, and what they say, as lines of JSON in a file. */

import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import type {
  ClientEvents,
  Committed,
  Delivered,
  GroupMessage,
  HistoryOptions,
  Interceptor,
  SendOptions,
  Stored,
} from '../core/client-api.ts';
import { BanterError } from '../core/error-api.ts';
import { AppendFile } from './append-file.ts';
import type { PluginClient } from './feed.ts';
import { type RecordedEntry, type RecordedTarget, recordedEvents } from './recording-format.ts';

/** Characters of a recording; then it ends. */
const charactersMax = 67_108_864;

/** What a recording has come to. */
export interface RecordingSummary {
  readonly file: string;
  /** Things that plugins were told, and that they said. */
  readonly told: number;
  readonly said: number;
  /** Why it ended before it was ended, in words. */
  readonly problem: string | undefined;
}

/**
 * Stands between a client and its plugins; not recording, it only passes things on. A recording holds what plugins could
 * read: private messages, too, in clear. Its file is readable by its owner only.
 */
export class RecordedClient implements PluginClient {
  readonly name: string;
  readonly serverFingerprint: string;
  readonly moderation: PluginClient['moderation'];
  readonly administration: PluginClient['administration'];
  readonly cursors: PluginClient['cursors'];
  readonly #client: PluginClient;
  #recording: Recording | undefined;

  constructor(client: PluginClient) {
    this.name = client.name;
    this.serverFingerprint = client.serverFingerprint;
    this.moderation = client.moderation;
    this.administration = client.administration;
    this.cursors = client.cursors;
    this.#client = client;
  }

  get connected(): boolean {
    return this.#client.connected;
  }

  /** The file that is being written; undefined if none is. */
  get recordingFile(): string | undefined {
    return this.#recording?.file;
  }

  /** Begins a recording in a new file. @throws BanterError OPTION_INVALID if there is one or the file exists, DATA_UNUSABLE */
  record(file: string): void {
    if (this.#recording !== undefined) {
      const problem = `${this.#recording.file} is being recorded; end that first`;
      throw new BanterError('OPTION_INVALID', problem);
    }
    this.#recording = new Recording(this.#client, resolve(file));
  }

  /** Ends the recording, and resolves once all of it is written; undefined if there is none. */
  async endRecording(): Promise<RecordingSummary | undefined> {
    const recording = this.#recording;
    this.#recording = undefined;
    return recording?.end();
  }

  send(to: string, text: string, options?: SendOptions): Promise<Delivered | Stored> {
    const sending = this.#client.send(to, text, options);
    this.#recording?.said('person', to, text, sending);
    return sending;
  }

  sendGroup(group: string, text: string, options?: SendOptions): Promise<Committed> {
    const sending = this.#client.sendGroup(group, text, options);
    this.#recording?.said('group', group, text, sending);
    return sending;
  }

  history(group: string, options?: HistoryOptions): Promise<readonly GroupMessage[]> {
    return this.#client.history(group, options);
  }

  search(group: string, words: string, options?: HistoryOptions): Promise<readonly GroupMessage[]> {
    return this.#client.search(group, words, options);
  }

  intercept(interceptor: Interceptor | undefined): void {
    this.#client.intercept(interceptor);
  }

  on<E extends keyof ClientEvents>(event: E, listener: (...told: ClientEvents[E]) => void): void {
    this.#client.on(event, listener);
  }

  off<E extends keyof ClientEvents>(event: E, listener: (...told: ClientEvents[E]) => void): void {
    this.#client.off(event, listener);
  }
}

/** One file being written. */
class Recording {
  readonly file: string;
  readonly #output: AppendFile;
  readonly #stopListening: () => void;
  #characters = 0;
  #told = 0;
  #said = 0;
  #isOver = false;
  #problem: string | undefined;

  constructor(client: PluginClient, file: string) {
    this.file = file;
    makeNew(file);
    this.#output = new AppendFile(file, { bytesMax: Number.POSITIVE_INFINITY, olderMax: 0 });
    this.#write({ type: 'began', version: 1, atMs: Date.now(), me: client.name });
    const undo = recordedEvents.map((event) => {
      const listener = (...args: readonly unknown[]): void => {
        this.#told += 1;
        // Events carry data that JSON can carry; what is undefined becomes null.
        this.#write({
          type: 'told',
          atMs: Date.now(),
          event,
          args: JSON.parse(JSON.stringify(args)),
        });
      };
      client.on(event, listener);
      return (): void => void client.off(event, listener);
    });
    this.#stopListening = () => {
      for (const stop of undo) stop();
    };
  }

  said(target: RecordedTarget, to: string, text: string, sending: Promise<unknown>): void {
    this.#said += 1;
    const send = this.#said;
    this.#write({ type: 'said', atMs: Date.now(), send, target, to, text });
    sending.catch((error: unknown) => {
      const code = error instanceof BanterError ? error.code : 'PLUGIN_FAILED';
      this.#write({ type: 'refused', atMs: Date.now(), send, code });
    });
  }

  async end(): Promise<RecordingSummary> {
    this.#stopListening();
    this.#write({ type: 'ended', atMs: Date.now() });
    this.#isOver = true;
    await this.#output.settle();
    return { file: this.file, told: this.#told, said: this.#said, problem: this.#problem };
  }

  /** What cannot be written ends the recording, and disturbs nobody. */
  #write(entry: RecordedEntry): void {
    if (this.#isOver || this.#problem !== undefined) return;
    const line = JSON.stringify(entry);
    this.#characters += line.length;
    if (this.#characters > charactersMax) {
      this.#problem = `it has reached ${charactersMax} characters`;
      return;
    }
    this.#output.append(line).catch((error: unknown) => {
      this.#problem ??= error instanceof Error ? error.message : String(error);
    });
  }
}

/** Nothing that exists is overwritten or added to. */
function makeNew(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw exists
      ? new BanterError('OPTION_INVALID', `there is already a file ${file}`, { cause })
      : new BanterError('DATA_UNUSABLE', `cannot record: ${problem}`, { cause });
  }
}
