import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { type HostDeath, HostProcess } from '../../plugins/host-process.ts';
import { until } from './world.ts';

const timeout = 60_000;

/** A supervisor with a child of our own making; what it tells is collected. */
function supervise(t: TestContext, script: string) {
  const told = new EventEmitter<{ told: [] }>();
  const ups: number[] = [];
  const deaths: HostDeath[] = [];
  const gaveUp: string[] = [];
  const reports: unknown[] = [];
  const note = <T>(list: T[], value: T): void => {
    list.push(value);
    told.emit('told');
  };
  const host = new HostProcess(
    {
      hostUp: () => note(ups, host.pid ?? 0),
      hostReported: (report) => note(reports, report),
      hostDied: (death) => {
        note(deaths, death);
        return death.culprit !== undefined;
      },
      hostGaveUp: (reason) => note(gaveUp, reason),
    },
    async () => ({ script, bootstrap: '', readableDirs: [] }),
  );
  t.after(() => host.close());
  host.start();
  const when = <T>(probe: () => T | undefined | false): Promise<T> => until(told, 'told', probe);
  return { host, ups, deaths, gaveUp, reports, when };
}

const up = `process.send({ type: 'up' });`;
const onLoad = (action: string): string =>
  `${up} process.on('message', (m) => { if (m.type === 'load') { ${action} } });`;
const load = (slot: number) => ({ type: 'load', slot, bootstrap: '', code: '' }) as const;

const deadly: Readonly<Record<string, readonly [action: string, reason: RegExp]>> = {
  'fills the memory': [
    `globalThis.all = []; setInterval(() => { all.push(Buffer.alloc(5e6, 1)); process.send({ type: 'pong', rssBytes: 0 }); }, 5);`,
    /used more than 304 MB of memory/,
  ],
  'stops answering': ['for (;;);', /did not answer any more/],
  'sends nonsense': [`process.send({ type: 'up', more: 1 });`, /sent nonsense/],
  crashes: ['process.abort();', /ended with SIGABRT/],
};

for (const [name, [action, reason]] of Object.entries(deadly)) {
  test(`a child that ${name} is killed with the only plugin at work to blame, and comes back`, {
    timeout,
  }, async (t) => {
    const { host, ups, deaths, when } = supervise(t, onLoad(action));
    await when(() => ups.length === 1);
    host.send(load(7));
    await when(() => ups.length === 2);
    assert.match(deaths[0]?.reason ?? '', reason);
    assert.equal(deaths[0]?.culprit, 7);
  });
}

test('the kernel bounds a child: no file is written, few are open, and memory has an end', {
  timeout,
}, async (t) => {
  const { ups, when } = supervise(t, up);
  await when(() => ups.length === 1);
  const lines = readFileSync(`/proc/${ups[0]}/limits`, 'latin1').split('\n');
  const hardOf = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(name))?.split(/\s{2,}/)[2];
  assert.deepEqual(
    ['Max core file size', 'Max file size', 'Max open files', 'Max data size'].map(hardOf),
    ['0', '0', '64', `${2 * 1024 ** 3}`],
  );
});

test('a child that gets no processor is waited for, longer than one that loops', {
  timeout,
}, async (t) => {
  const answers = `process.send({ type: 'turned', slot: m.slot, actions: [] });`;
  const stopped = supervise(t, onLoad(answers));
  await stopped.when(() => stopped.ups.length === 1);
  const pid = stopped.ups[0] ?? 0;
  process.kill(pid, 'SIGSTOP');
  stopped.host.send(load(7));
  // This one begins its silence later, and is killed for it.
  const looping = supervise(t, onLoad('setTimeout(() => { for (;;); }, 500);'));
  await looping.when(() => looping.ups.length === 1);
  looping.host.send(load(7));
  await looping.when(() => looping.deaths.length === 1);
  process.kill(pid, 'SIGCONT');
  await stopped.when(() => stopped.reports.length === 1);
  assert.deepEqual([stopped.deaths, stopped.host.pid], [[], pid]);
  assert.equal(looping.deaths[0]?.reason, 'did not answer any more');
});

test('of several plugins at work none is blamed, but all are suspects', { timeout }, async (t) => {
  const { host, ups, deaths, when } = supervise(t, onLoad('if (m.slot === 2) process.abort();'));
  await when(() => ups.length === 1);
  host.send(load(1));
  host.send(load(2));
  await when(() => ups.length === 2);
  assert.deepEqual([deaths[0]?.culprit, deaths[0]?.suspects], [undefined, [1, 2]]);
});

test('the plugin that the child names is the culprit', { timeout }, async (t) => {
  const lastWords = `process.send({ type: 'fatal', slot: 2, reason: 'crashed' }, () => process.kill(process.pid, 'SIGKILL'));`;
  const { host, ups, deaths, when } = supervise(t, onLoad(`if (m.slot === 2) ${lastWords}`));
  await when(() => ups.length === 1);
  host.send(load(1));
  host.send(load(2));
  await when(() => ups.length === 2);
  assert.deepEqual(
    [deaths[0]?.culprit, deaths[0]?.reason],
    [2, 'it crashed its isolate and took the plugin process down'],
  );
});

test('a child that dies for no reason is given up after a few times, until somebody starts it', {
  timeout,
}, async (t) => {
  const { host, ups, gaveUp, when } = supervise(t, `${up} process.kill(process.pid, 'SIGKILL');`);
  assert.equal(
    await when(() => gaveUp[0]),
    'the plugin process died 4 times in 10 minutes, at last: ended with SIGKILL',
  );
  assert.equal(host.pid, undefined);
  const before = ups.length;
  host.start();
  await when(() => ups.length > before);
});

test('a child that cannot start says why', { timeout }, async (t) => {
  const { gaveUp, when } = supervise(t, `throw new Error('No native build was found');`);
  assert.match(await when(() => gaveUp[0]), /Error: No native build was found/);
});

test('the child has no files, programs, workers, environment and just-in-time compiler', {
  timeout,
}, async (t) => {
  const attempt = (call: string): string =>
    `(() => { try { ${call}; return 'done'; } catch (e) { return e.code; } })()`;
  const { ups, reports, host, when } = supervise(
    t,
    onLoad(`const all = [
      ${attempt(`require('fs').readFileSync('/etc/hostname')`)}, ${attempt(`require('fs').writeFileSync('/tmp/x', '')`)},
      ${attempt(`require('child_process').spawnSync('ls')`)}, ${attempt(`new (require('worker_threads').Worker)('1', { eval: true })`)},
      Object.keys(process.env), typeof WebAssembly, require('os').getPriority()];
      process.send({ type: 'turned', slot: m.slot, actions: [JSON.stringify(all)] });`),
  );
  await when(() => ups.length === 1);
  host.send(load(1));
  await when(() => reports.length === 1);
  const denied = 'ERR_ACCESS_DENIED';
  assert.deepEqual(reports, [
    {
      type: 'turned',
      slot: 1,
      actions: [JSON.stringify([denied, denied, denied, denied, ['LIBC'], 'undefined', 10])],
    },
  ]);
});
