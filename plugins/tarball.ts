/** Plugins as tarballs: packed from one file, and unpacked into a folder of their own, whoever packed them. */

import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ReadEntry } from 'tar';
import { BanterError } from '../core/error-api.ts';

/** Bytes of a tarball, packed and unpacked; what has more is refused before it is unpacked further. */
const bytesMax = 16_777_216;

/** Files and folders in a tarball. */
const entriesMax = 1000;

const fileTypes: readonly string[] = ['File', 'OldFile'];

/**
 * Unpacks a tarball into `folder`, which is empty. It is read as a whole first: unless every entry is an ordinary file or a
 * folder with a path below the first folder, nothing is written.
 * @throws BanterError PLUGIN_INVALID naming the entry
 */
export async function unpack(file: string, folder: string): Promise<void> {
  const files = await filesOf(file, unzipped(file, await read(file)));
  try {
    for (const [path, content] of files) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await writeFile(target, content, { mode: 0o600, flag: 'wx' });
    }
  } catch (cause) {
    throw invalid(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** Packs `folder` below `parent` into a tarball that depends on its content alone. */
export async function pack(parent: string, folder: string, file: string): Promise<void> {
  const { create } = await import('tar');
  await create({ gzip: true, cwd: parent, portable: true, mtime: new Date(0), file }, [folder]);
}

/** What npm calls its integrity: `sha512-` and 88 characters of base64. @throws BanterError PLUGIN_INVALID where it is too large */
export async function tarballIntegrity(file: string): Promise<string> {
  return `sha512-${createHash('sha512')
    .update(await read(file))
    .digest('base64')}`;
}

async function read(file: string): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > bytesMax) throw invalid(file, `it has more than ${bytesMax} bytes`);
  return readFile(file);
}

function unzipped(file: string, bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: bytesMax });
  } catch (cause) {
    throw invalid(file, `it is not gzip of at most ${bytesMax} bytes`, cause);
  }
}

/** The content of every file by its path below the first folder. */
async function filesOf(file: string, bytes: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  // Whoever only runs plugins does not pay for it.
  const { Parser } = await import('tar');
  const files = new Map<string, Buffer>();
  const problems: string[] = [];
  let entries = 0;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      entries += 1;
      const path = pathOf(entry.path);
      const problem = problemOf(entry, path) ?? (entries > entriesMax ? 'is one too many' : '');
      if (problem !== '' || path === undefined) problems.push(`${entry.path} ${problem}`);
      if (problem !== '' || path === undefined || entry.type === 'Directory') {
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => {
        if (files.has(path)) problems.push(`${entry.path} is there twice`);
        files.set(path, Buffer.concat(chunks));
      });
    },
  });
  parser.on('error', (error: Error) => problems.push(error.message));
  parser.end(bytes);
  const [first] = problems;
  if (first !== undefined) throw invalid(file, first);
  return files;
}

/** Without the first folder; undefined for what leads elsewhere. */
function pathOf(path: string): string | undefined {
  const parts = path.replace(/\/$/, '').split('/');
  const isPlain = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  return isPlain && !/[\\:\0]/.test(path) ? parts.slice(1).join('/') : undefined;
}

function problemOf(entry: ReadEntry, path: string | undefined): string | undefined {
  if (path === undefined) return 'leads out of the tarball';
  if (entry.type === 'Directory') return undefined;
  if (!fileTypes.includes(entry.type)) return `is no file, but a ${entry.type}`;
  return path === '' ? 'is in no folder' : undefined;
}

function invalid(file: string, problem: string, cause?: unknown): BanterError {
  return new BanterError('PLUGIN_INVALID', `${file} is no tarball of a plugin: ${problem}`, {
    cause,
  });
}
