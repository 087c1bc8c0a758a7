/** What `banter doctor` looks at on this machine: each check says what it found, and what to do about it. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statfsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { BanterError, examineServer } from '../core/client-api.ts';
import { checkServerData, serverOwner, serverStats } from '../core/server-api.ts';
import { sizeWords } from './sizes.ts';

/** How something is: a warning costs speed or comfort, what is wrong will fail. */
export type CheckState = 'ok' | 'warning' | 'wrong';

/** What was found. */
export interface Finding {
  readonly state: CheckState;
  /** For people. */
  readonly found: string;
  /** What to do; absent where all is well. */
  readonly remedy?: string;
}

const nodeNeeded = { major: 24, minor: 15 };

/** Asked of the kernel for each socket (`core/net/udp.ts`). Bytes. */
const bufferBytes = 2 * 1024 * 1024;

/** Less than this is soon used up. Bytes. */
const freeBytesMin = 256 * 1024 * 1024;

/** Nobody had this program before. Milliseconds since the epoch. */
const clockMin = Date.UTC(2026, 0);

/** A datagram to oneself takes far less. Milliseconds. */
const loopbackPatienceMs = 1000;

const othersMode = 0o077;

/** The Node that runs this. */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const { major: needed, minor: neededMinor } = nodeNeeded;
  if (major > needed || (major === needed && minor >= neededMinor)) return ok(version);
  return wrong(version, `install Node ${needed}.${neededMinor} or newer from https://nodejs.org`);
}

/** The folder of identities and keys: whose it is, who else may look into it, whether it can be written. */
export function checkFolder(folder: string): Finding {
  if (!existsSync(folder)) {
    const parent = nearest(folder);
    const found = `${folder} does not exist yet`;
    return canWrite(parent) ? ok(found) : wrong(`${found}, nor can be made`, ownRemedy(parent));
  }
  const { uid, mode } = statSync(folder);
  const { uid: own, username } = userInfo();
  // Windows has neither owners nor modes of this kind.
  if (own >= 0 && uid !== own) {
    const found = `${folder} belongs to user ${uid}, you are ${username} (${own})`;
    if (own !== 0) return wrong(found, ownRemedy(folder));
    const remedy = 'run banter as that user: files that you make would be yours';
    return { state: 'warning', found, remedy };
  }
  if (!canWrite(folder)) return wrong(`${folder} cannot be written`, ownRemedy(folder));
  if (own >= 0 && (mode & othersMode) !== 0) {
    const found = `${folder} is open to others (mode ${(mode & 0o777).toString(8)})`;
    return { state: 'warning', found, remedy: `chmod 700 ${folder}` };
  }
  return ok(`${folder} is yours alone`);
}

/** Room on the disk of the data folder. */
export function checkSpace(folder: string): Finding {
  const { bavail, bsize } = statfsSync(nearest(folder));
  const bytes = bavail * bsize;
  const found = `${sizeWords(bytes)} free for ${folder}`;
  if (bytes >= freeBytesMin) return ok(found);
  return wrong(found, 'make room: a server refuses messages that it cannot store');
}

/** What bursts of datagrams may wait in. */
export async function checkBuffers(): Promise<Finding> {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: bufferBytes,
    sendBufferSize: bufferBytes,
  });
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const sizes = [socket.getRecvBufferSize(), socket.getSendBufferSize()];
    // Linux grants as much again for its own books, and reports both.
    const share = process.platform === 'linux' ? 2 : 1;
    const [received = 0, sent = 0] = sizes.map((size) => size / share);
    const found = `${sizeWords(received)} to receive and ${sizeWords(sent)} to send, of ${sizeWords(bufferBytes)} asked for`;
    if (Math.min(received, sent) >= bufferBytes) return ok(found);
    const keys = ['net.core.rmem_max', 'net.core.wmem_max'];
    const remedy =
      process.platform === 'linux'
        ? `for a busy server: sysctl -w ${keys.map((key) => `${key}=${bufferBytes}`).join(' ')}`
        : 'for a busy server: raise the limit of socket buffers of this system';
    return { state: 'warning', found, remedy };
  } finally {
    socket.close();
  }
}

/** Whether this clock can be right: tokens and messages bear its time. */
export function checkClock(nowMs: number): Finding {
  const found = new Date(nowMs).toISOString();
  if (nowMs >= clockMin) return ok(found);
  return wrong(found, 'set the clock, for instance by NTP (timedatectl set-ntp true)');
}

/** Whether a datagram reaches this machine itself. */
export async function checkLoopback(): Promise<Finding> {
  const socket = createSocket('udp4');
  const signal = AbortSignal.timeout(loopbackPatienceMs);
  try {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening', { signal });
    const sentAt = performance.now();
    socket.send('banter', socket.address().port, '127.0.0.1');
    await once(socket, 'message', { signal });
    return ok(`a datagram is back in ${milliseconds(performance.now() - sentAt)}`);
  } catch {
    const remedy = 'allow UDP on the loopback interface: look at firewall and sandbox';
    return wrong('no datagram comes back', remedy);
  } finally {
    socket.close();
  }
}

/** A server's handshake, and its key beside the one that is pinned. */
export async function checkServer(
  server: string,
  dataDir: string,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    const { rttMs, fingerprint, pinned } = await examineServer({ server, dataDir, signal });
    const found = `${server} answers in ${milliseconds(rttMs)} with the key ${fingerprint}`;
    if (pinned === undefined) return ok(`${found}, never met before`);
    if (pinned === fingerprint) return ok(`${found}, as pinned`);
    return wrong(`${found}; pinned is ${pinned}`, new BanterError('SERVER_KEY_CHANGED', '').remedy);
  } catch (error) {
    if (!(error instanceof BanterError) || error.code === 'ABORTED') throw error;
    return wrong(error.message, error.remedy);
  }
}

/** The database of a server's folder, all of which is read, and whether a server runs on it. */
export async function checkServerFolder(folder: string): Promise<Finding> {
  try {
    const findings = await checkServerData(folder);
    const { names, messages, bytes } = await serverStats(folder);
    const owner = serverOwner(folder);
    const use = owner === undefined ? 'no server runs on it' : `process ${owner} serves from it`;
    if (findings.length === 0) {
      return ok(`names ${names}, messages ${messages}, ${sizeWords(bytes)}, whole; ${use}`);
    }
    const remedy = 'stop the server, and restore the newest backup: banter restore <file> --force';
    return wrong(`the database is damaged: ${findings.slice(0, 3).join('; ')}`, remedy);
  } catch (error) {
    if (!(error instanceof BanterError)) throw error;
    return wrong(error.message, error.remedy);
  }
}

/** The innermost folder that exists. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path));
}

/** Permissions, read-only file systems and quotas all show by trying. */
function canWrite(folder: string): boolean {
  try {
    rmSync(mkdtempSync(join(folder, '.banter-doctor-')), { recursive: true });
    return true;
  } catch {
    return false;
  }
}

function ownRemedy(folder: string): string {
  return `give ${folder} to the user who runs banter, or choose another folder with --data`;
}

function ok(found: string): Finding {
  return { state: 'ok', found };
}

function wrong(found: string, remedy: string): Finding {
  return { state: 'wrong', found, remedy };
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(1)} ms`;
}
