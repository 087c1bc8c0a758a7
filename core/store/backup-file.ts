/**
 * A backup of a server in one file: a SQLite database, whole and without a log beside it, and behind it two lines: what it
 * is of, as JSON, and the SHA-256 of all before in hex. SQLite passes over the lines.
 */

import { createHash, type Hash } from 'node:crypto';
import { appendFileSync, closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { BanterError } from '../errors.ts';
import { parsedJson } from './private-files.ts';

/** What a backup says of itself. */
export interface BackupLabel {
  /** Of the server's identity, 64 hex digits. */
  readonly seed: string;
  /** Milliseconds since the epoch. */
  readonly madeAtMs: number;
}

const format = 'banter-backup-1';
const digestBytes = 64;

/** The two lines are shorter. Bytes. */
const tailBytesMax = 1024;

/** Files are read and written in pieces of this size. Bytes. */
const pieceBytes = 1024 * 1024;

/** Makes the database in a file into a backup. */
export function sealBackup(path: string, label: BackupLabel): void {
  appendFileSync(path, `\n${JSON.stringify({ format, ...label })}\n`, { flush: true });
  const file = openSync(path, 'r');
  const hash = createHash('sha256');
  try {
    readPieces(file, fstatSync(file).size, (piece) => hash.update(piece));
  } finally {
    closeSync(file);
  }
  appendFileSync(path, `${hash.digest('hex')}\n`, { flush: true });
}

/**
 * Copies the database out of a backup into an empty file, and looks on the way whether every byte is as it was.
 * @throws BanterError DATA_DAMAGED, also for a file that is no backup
 */
export function unsealBackup(path: string, to: string): BackupLabel {
  const [source, target] = [openSync(path, 'r'), openSync(to, 'r+')];
  try {
    const { label, databaseBytes, hashedBytes, digest } = readTail(path, source);
    const hash = createHash('sha256');
    let copied = 0;
    readPieces(source, hashedBytes, (piece) => {
      hash.update(piece);
      const wanted = piece.subarray(0, Math.max(0, databaseBytes - copied));
      for (let at = 0; at < wanted.length; ) at += writeSync(target, wanted, at);
      copied += wanted.length;
    });
    if (digestOf(hash) !== digest)
      throw damaged(path, 'it is not as it was made: it was cut, changed or copied badly');
    return label;
  } finally {
    closeSync(source);
    closeSync(target);
  }
}

interface Tail {
  readonly label: BackupLabel;
  readonly databaseBytes: number;
  readonly hashedBytes: number;
  readonly digest: string;
}

function readTail(path: string, file: number): Tail {
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.min(size, tailBytesMax));
  readSync(file, bytes, 0, bytes.length, size - bytes.length);
  const hashedBytes = size - digestBytes - 1;
  const digest = bytes.subarray(-digestBytes - 1).toString('latin1');
  const before = bytes.subarray(0, Math.max(0, bytes.length - digestBytes - 1));
  const beginsAt = before.lastIndexOf('\n{"format"');
  const label = parseLabel(parsedJson(before.subarray(beginsAt + 1).toString('utf8')));
  if (beginsAt < 0 || label === undefined || !/^[0-9a-f]{64}\n$/.test(digest)) {
    throw damaged(path, 'it is no backup of a server, or its end is missing');
  }
  const databaseBytes = size - bytes.length + beginsAt;
  return { label, databaseBytes, hashedBytes, digest: digest.trimEnd() };
}

function parseLabel(value: unknown): BackupLabel | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('format' in value) || value.format !== format) return undefined;
  if (!('seed' in value) || typeof value.seed !== 'string') return undefined;
  if (!('madeAtMs' in value) || typeof value.madeAtMs !== 'number') return undefined;
  return { seed: value.seed, madeAtMs: value.madeAtMs };
}

function readPieces(file: number, bytes: number, take: (piece: Buffer) => void): void {
  const buffer = Buffer.alloc(pieceBytes);
  for (let at = 0; at < bytes; ) {
    const count = readSync(file, buffer, 0, Math.min(pieceBytes, bytes - at), at);
    if (count === 0) return;
    take(buffer.subarray(0, count));
    at += count;
  }
}

function digestOf(hash: Hash): string {
  return hash.digest('hex');
}

function damaged(path: string, reason: string): BanterError {
  return new BanterError('DATA_DAMAGED', `cannot use ${path}: ${reason}`, { data: { path } });
}
