/** `banter export` and `banter import`: the history of a group as lines of JSON. */

import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, constants, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import {
  BanterError,
  beginLine,
  endLine,
  type HistoryMessage,
  messageLine,
  wholeHistory,
} from '../core/client-api.ts';
import { importHistory, SqliteStore, storedHistory } from '../core/server-api.ts';
import { within } from './asking.ts';
import type { Config } from './config.ts';
import { connectChatter } from './connecting.ts';
import { exitCodes } from './exit-codes.ts';
import type { Interruption } from './interruption.ts';
import { LineWriter, type OutputStream } from './line-writer.ts';
import { Progress } from './progress.ts';
import { safeText } from './safe-text.ts';
import { textLines } from './text-lines.ts';

/** What to export, and where to. */
export interface ExportOptions {
  readonly config: Config;
  readonly group: string;
  /** A file that is not there yet; standard output without it. */
  readonly file: string | undefined;
  /** Read the folder of a server on this machine instead of asking one. */
  readonly isStored: boolean;
  readonly interruption: Interruption;
}

/** What to import, and where to. */
export interface ImportOptions {
  readonly config: Config;
  readonly file: string;
  /** Another name for the group. */
  readonly into: string | undefined;
}

/** Where to write, and until when. */
interface Target extends Pick<ExportOptions, 'group' | 'file'> {
  readonly signal: AbortSignal;
}

interface Part {
  readonly messages: readonly HistoryMessage[];
  readonly lastSeq: number;
}

/** Writes a history down; resolves to the exit code. @throws BanterError as the client or the store does; OPTION_INVALID for the file */
export async function exportGroup(options: ExportOptions): Promise<number> {
  const { config, group, file, isStored, interruption } = options;
  const { signal } = interruption;
  if (isStored) return write(storedParts(config, group), { group, file, signal });
  const given = { takeOver: false, besidePresent: true, signal };
  const { client, plugins } = await connectChatter(config, given);
  try {
    // Whoever may read the newest message may read all of them.
    await within(client, group, () => client.history(group, { limit: 1 }));
    return await write(wholeHistory(client, group, signal), { group, file, signal });
  } finally {
    await client.close();
    await plugins.close();
  }
}

/** Makes a group of a history, in the folder of a server that does not run; resolves to the exit code. @throws BanterError as `importHistory`; DATA_UNUSABLE where a server runs */
export async function importGroup({ config, file, into }: ImportOptions): Promise<number> {
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new BanterError('OPTION_INVALID', `cannot read ${file}`, { cause });
  });
  const folder = serverFolder(config);
  const store = await SqliteStore.open({ folder, newSeed: () => randomBytes(32) });
  const progress = new Progress(process.stderr, 'imported', process.stderr.isTTY);
  try {
    const { group, messages } = await importHistory({
      store,
      lines: () => textLines(createReadStream(file)),
      into,
      logId: randomBytes(8),
      onProgress: (done, total) => progress.tell(done, total),
    });
    progress.end();
    process.stdout.write(`${messages} messages are in #${safeText(group)}, which has no members\n`);
    return exitCodes.ok;
  } finally {
    await store.close();
  }
}

function serverFolder(config: Config): string {
  return join(config.data.value, 'server');
}

function* storedParts(config: Config, group: string): Generator<Part, void, void> {
  for (const { messages, lastSeq } of storedHistory(serverFolder(config), group)) {
    yield {
      messages: messages.map(({ mid, ...rest }) => ({
        ...rest,
        mid: Buffer.from(mid).toString('hex'),
      })),
      lastSeq,
    };
  }
}

/** What is cut short leaves no file. */
async function write(parts: AsyncIterable<Part> | Iterable<Part>, target: Target): Promise<number> {
  const { file } = target;
  const output: OutputStream = file === undefined ? process.stdout : await openNew(file);
  // Where the lines themselves are seen they say enough.
  const isShown = process.stderr.isTTY && (file !== undefined || !process.stdout.isTTY);
  const progress = new Progress(process.stderr, 'exported', isShown);
  try {
    await writeLines(parts, target, output, progress);
    if (file !== undefined) {
      output.end();
      await finished(output);
    }
    progress.end();
    return exitCodes.ok;
  } catch (error) {
    if (file !== undefined) await unlink(file);
    throw error;
  }
}

async function writeLines(
  parts: AsyncIterable<Part> | Iterable<Part>,
  { group, signal }: Target,
  output: OutputStream,
  progress: Progress,
): Promise<void> {
  using lines = new LineWriter(output);
  let isRead = true;
  void lines.closed.then(() => {
    isRead = false;
  });
  let count = 0;
  lines.write(beginLine(group));
  for await (const { messages, lastSeq } of parts) {
    for (const message of messages) lines.write(messageLine(message));
    count += messages.length;
    await lines.drained();
    if (lines.failure !== undefined) throw lines.failure;
    if (signal.aborted) throw new BanterError('ABORTED', 'the export was cut short');
    // Whoever reads has had enough.
    if (!isRead) return;
    progress.tell(messages.at(-1)?.seq ?? 0, lastSeq);
  }
  lines.write(endLine(count));
  await lines.drained();
}

async function openNew(file: string): Promise<OutputStream> {
  const stream = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (cause) => {
      reject(new BanterError('OPTION_INVALID', `cannot make ${file}: ${cause.message}`, { cause }));
    });
  });
  return stream;
}
