/** `banter serve` as an operator meets it: its log, its HTTP port, its end. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Client } from '../../core/index.ts';
import { freePort } from '../support/free-port.ts';
import { type Home, temporaryHome } from '../support/home.ts';
import { type ChildProgram, startBanter } from '../support/processes.ts';
import { openBanter } from '../support/terminal.ts';

interface Served {
  readonly home: Home;
  readonly server: ChildProgram;
  /** `127.0.0.1:port`. */
  readonly address: string;
}

async function serve(t: TestContext, args: readonly string[]): Promise<Served> {
  const home = temporaryHome(t);
  const server = startBanter(home, ['serve', '-p', '0', '--host', '127.0.0.1', ...args]);
  const { captures } = await server.waitFor(/(127\.0\.0\.1:\d+)#[\w-]{43}/);
  return { home, server, address: captures[0] ?? '' };
}

/** The port of HTTP as the server tells it. */
async function statusPort({ server }: Served): Promise<number> {
  const { captures } = await server.waitFor(/http:\/\/127\.0\.0\.1:(\d+)/);
  return Number(captures[0]);
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function ask(port: number, path: string, options: object = {}): Promise<Answer> {
  const asking = request({ host: '127.0.0.1', port, path, ...options });
  asking.end();
  const [response] = await once(asking, 'response');
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part);
  const type = String(response.headers['content-type']);
  return { status: response.statusCode, type, body: Buffer.concat(parts).toString() };
}

const secretText = 'the eagle lands at noon';

/** What somebody does at the server. */
async function talk({ address }: Pick<Served, 'address'>): Promise<void> {
  const ann = await Client.connect({ name: 'ann', server: address });
  await ann.createGroup('ops');
  await ann.joinGroup('ops');
  await ann.sendGroup('ops', secretText);
  await ann.close();
}

/** Somebody writes to somebody who is away. */
async function leaveMail({ address: server }: Pick<Served, 'address'>): Promise<void> {
  const carl = await Client.connect({ name: 'carl', server });
  await carl.close();
  const dora = await Client.connect({ name: 'dora', server });
  assert.equal((await dora.send('carl', 'call me')).type, 'stored');
  await dora.close();
}

function objectsOf({ stdout }: ChildProgram): readonly Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('tells facts as JSON, one a line, under stable names and without a word of a message', async (t) => {
  const served = await serve(t, ['--log', 'json', '--log-level', 'debug']);
  await talk(served);
  await served.server.waitFor('clientDeregistered');
  served.server.signal('SIGTERM');
  assert.equal((await served.server.exit()).code, 143);
  const told = objectsOf(served.server);
  assert.deepEqual(
    told.map(({ event }) => event),
    [
      'serverStarted',
      'clientRegistered',
      'groupCreated',
      'groupJoined',
      'groupMessageSent',
      'groupLeft',
      'clientDeregistered',
      'serverStopping',
      'serverStopped',
    ],
  );
  for (const { time, level } of told) {
    assert.ok(typeof time === 'string' && !Number.isNaN(Date.parse(time)));
    assert.ok(level === 'info' || level === 'debug');
  }
  const { event: _, time: __, ...sent } = told[4] ?? {};
  assert.deepEqual(sent, {
    level: 'debug',
    group: 'ops',
    by: 'ann',
    characters: secretText.length,
  });
  assert.doesNotMatch(served.server.output, /eagle/);
});

test('tells what is grave enough, and nothing at all when it is told so', async (t) => {
  const plain = await serve(t, ['--log', 'json', '--ephemeral']);
  await talk(plain);
  await plain.server.waitFor('clientDeregistered');
  assert.ok(!plain.server.stdout.includes('groupMessageSent'));
  const text = await serve(t, ['--log-level', 'info', '--ephemeral']);
  await talk(text);
  await text.server.waitFor('ann went offline');
  assert.match(text.server.stdout, /ann joined #ops/);
  assert.doesNotMatch(text.server.stdout, /wrote/);
  const home = temporaryHome(t);
  const port = String(await freePort());
  const server = startBanter(home, ['serve', '-p', port, '--log', 'none', '--ephemeral']);
  await talk({ address: `127.0.0.1:${port}` });
  server.signal('SIGTERM');
  await server.exit();
  assert.equal(server.output, '');
});

test('serves health and metrics on the loopback interface, and nothing else', async (t) => {
  const served = await serve(t, ['--http-port', '0']);
  const port = await statusPort(served);
  assert.deepEqual(await ask(port, '/healthz'), {
    status: 200,
    type: 'application/json',
    body: '{"status":"ok","problems":[]}\n',
  });
  await talk(served);
  await leaveMail(served);
  const { status, type, body } = await ask(port, '/metrics');
  assert.equal(status, 200);
  assert.match(type, /^text\/plain; version=0\.0\.4/);
  const values = new Map(
    Array.from(body.matchAll(/^(\w+(?:\{[^}]*\})?) (\S+)$/gm), ([, name = '', value]) => [
      name,
      Number(value),
    ]),
  );
  assert.equal(values.get('banter_handshakes_total'), 3);
  assert.equal(values.get('banter_messages_total'), 1);
  assert.equal(values.get('banter_names'), 3);
  assert.equal(values.get('banter_names_online'), 0);
  assert.equal(values.get('banter_groups'), 1);
  assert.equal(values.get('banter_drops_total{reason="undecodable"}'), 0);
  assert.equal(values.get('banter_problem{problem="storeFailed"}'), 0);
  assert.equal(values.get('banter_problem{problem="storeGone"}'), 0);
  assert.equal(values.get('banter_store_failed_reads_total'), 0);
  assert.equal(values.get('banter_mails_total'), 1);
  assert.equal(values.get('banter_mails_waiting'), 1);
  assert.ok((values.get('banter_mails_waiting_bytes') ?? 0) > 256);
  assert.ok((values.get('banter_datagrams_received_total') ?? 0) > 3);
  assert.ok((values.get('banter_sent_bytes_total') ?? 0) > 300);
  assert.ok((values.get('banter_store_write_seconds_count') ?? 0) > 0);
  assert.ok((values.get('process_resident_memory_bytes') ?? 0) > 1e7);
  assert.ok(values.has('nodejs_eventloop_lag_p99_seconds'));
  for (const name of ['ann', 'ops', 'eagle']) assert.ok(!body.includes(`"${name}"`), name);
  assert.equal((await ask(port, '/')).status, 404);
  assert.equal((await ask(port, '/healthz', { method: 'POST' })).status, 405);
  const rebound = { headers: { host: `evil.example:${port}` } };
  assert.equal((await ask(port, '/metrics', rebound)).status, 421);
  // The port of all addresses would be open here, too.
  const elsewhere = connect(port, '127.0.0.2');
  const [refusal] = await once(elsewhere, 'error');
  assert.equal(refusal.code, 'ECONNREFUSED');
  const flood = connect(port, '127.0.0.1', () => {
    flood.write(`GET /healthz HTTP/1.1\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`);
  });
  flood.on('error', () => {});
  await new Promise((resolve) => flood.on('close', resolve));
  assert.equal((await ask(port, '/healthz?again')).status, 200);
});

test('tells that its folder was deleted under it, what to do then, and ends when it is told to', async (t) => {
  const served = await serve(t, ['--http-port', '0', '--data', 'place']);
  const port = await statusPort(served);
  rmSync(join(served.home.path, 'place'), { recursive: true });
  await served.server.waitFor(/files of this server were deleted .* banter restore <file> --force/);
  const { status, body } = await ask(port, '/healthz');
  assert.equal(status, 503);
  assert.deepEqual(JSON.parse(body), { status: 'unavailable', problems: ['storeGone'] });
  served.server.signal('SIGTERM');
  assert.equal((await served.server.exit()).code, 143);
});

test('refuses a port, a format and a time that it cannot use', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const bound = other.address();
  const port = typeof bound === 'object' ? bound?.port : undefined;
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--http-port', String(port)], /^error: HTTP port \d+ is in use/],
    [['--log', 'xml'], /^error: log must be text, json or none, not "xml" \(command line\)\n/],
    [['--log-level', 'loud'], /^error: logLevel must be debug, info, warn or error, not "loud"/],
    [['--restart-after', '0'], /^error: restartAfter must be a whole number from 1 to 600/],
    [['--http-host', '0.0.0.0'], /^error: unknown option '--http-host'/],
  ];
  for (const [args, words] of cases) {
    const program = startBanter(temporaryHome(t), ['serve', '-p', '0', ...args]);
    const { code } = await program.exit();
    assert.ok(code === 1 || code === 2, `${args}: ${code}`);
    assert.match(program.stderr, words);
  }
});

test('tells its clients when it will be back; they say so, and come back then', async (t) => {
  const served = await serve(t, ['--restart-after', '2', '--data', 'server']);
  const { home, server, address } = served;
  const terminal = openBanter(home, ['chat', 'ann', address]);
  await terminal.waitFor('ann>');
  server.signal('SIGTERM');
  assert.equal((await server.exit()).code, 143);
  await terminal.waitFor('the server is restarting, back in about 2 s');
  const [host = '', port = ''] = address.split(':');
  startBanter(home, ['serve', '-p', port, '--host', host, '--data', 'server']);
  await terminal.waitFor('connected again');
});
