import assert from 'node:assert/strict';
import { test } from 'node:test';
import { start } from '../../plugins/testing.ts';
import { webServer } from './attacks/web-server.ts';
import { sibling, stage } from './world.ts';

const timeout = 60_000;

/** Answers `eval …` with the result of the expression as JSON, or with the code or name of what it threw. */
const evaluator = `ctx.on('message', async (m) => {
    if (!m.text.startsWith('eval ')) return;
    const run = new Function('ctx', 'return (async () => ' + m.text.slice(5) + ')()');
    await m.reply(await run(ctx).then((v) => JSON.stringify(v) ?? 'undefined', (e) => (e.code ?? e.name) + ': ' + e.message));
  });`;

function manifestOf(...hosts: readonly string[]): { readonly permissions: readonly string[] } {
  return { permissions: ['message.read', 'message.send', ...hosts] };
}

test('a plugin asks a host that it was granted, and gets answers as from fetch', {
  timeout,
}, async (t) => {
  const { plug, alice, world } = await stage(t);
  const { port } = await webServer(t);
  const base = `http://127.0.0.1:${port}`;
  const status = await plug('asker', evaluator, {
    ...manifestOf(`http+private:${base}`),
    manifest: `http: { methods: ['GET', 'POST'], responseBytesMax: 100 },`,
  });
  assert.ok(status.permissions.includes(`http+private:${base}`));
  const ask = (expression: string): Promise<string> => {
    const from = world.transcript.length;
    alice.say(`eval ${expression}`);
    return world.next('lab/bot: ', from);
  };
  assert.equal(
    await ask(
      `ctx.http.fetch('${base}/hello').then(async (r) => [r.ok, r.status, r.headers['x-color'], await r.json()])`,
    ),
    '[true,200,"blue",{"hello":"wörld"}]',
  );
  assert.equal(
    await ask(
      `ctx.http.fetch('${base}/echo', { method: 'POST', body: 'hi' }).then((r) => r.text())`,
    ),
    '"POST hi"',
  );
  assert.equal(
    await ask(`ctx.http.fetch('${base}/none').then((r) => [r.ok, r.status])`),
    '[false,404]',
  );
  for (const [expression, refusal] of [
    [
      `ctx.http.fetch('${base}/echo', { method: 'PUT' })`,
      /^PERMISSION_DENIED: the manifest allows GET, POST, not PUT/,
    ],
    [
      `ctx.http.fetch('http://127.0.0.1:${port + 1}/')`,
      /^PERMISSION_DENIED: fetch needs the permission/,
    ],
    [`ctx.http.fetch('${base}/giant')`, /^HTTP_FAILED: .* more than 100 bytes/],
    [`ctx.http.fetch('${base}/hello', { method: 'TRACE' })`, /^TypeError/],
    [`ctx.http.fetch('${base}/hello', { timeoutMs: 1e9 })`, /^RangeError/],
    [`ctx.http.fetch('${base}/' + 'x'.repeat(5000))`, /^RangeError/],
    [`ctx.http.fetch('${base}/hello', { headers: { host: 'other' } })`, /^OPTION_INVALID/],
    [`ctx.http.fetch('${base}/silent', { timeoutMs: 200 })`, /^HTTP_FAILED: .* more than 200 ms/],
  ] as const) {
    assert.match(await ask(expression), refusal, expression);
  }
});

test('a plugin without a host asks nobody, and is told which permission it lacks', {
  timeout,
}, async (t) => {
  const { plug, alice, world, logged } = await stage(t);
  const server = await webServer(t);
  const url = `http://127.0.0.1:${server.port}/hello`;
  await plug(
    'modest',
    `${sibling} ctx.on('message', (m) => m.text === 'go' ? ctx.http.fetch('${url}') : undefined);`,
  );
  alice.say('go');
  await logged(/^fetch refused: fetch needs the permission "http:http:\/\/127/);
  alice.say('ping');
  await world.heard('lab/bot: pong');
  assert.deepEqual(server.asked, []);
});

test('sixty requests a minute, and none goes on when its plugin has ended', {
  timeout,
}, async (t) => {
  const { plug, alice, logged, quarantined } = await stage(t);
  const server = await webServer(t);
  const base = `http://127.0.0.1:${server.port}`;
  await plug(
    'asker',
    `ctx.on('message', async (m) => {
       if (m.text === 'loop') { ctx.http.fetch('${base}/silent'); setup.late = () => { for (;;); }; }
       if (m.text === 'end') for (;;);
       if (m.text !== 'flood') return;
       for (let i = 0; i < 70; i++) await ctx.http.fetch('${base}/hello').catch((e) => ctx.log.info(i, e.code));
     }); const setup = {};`,
    manifestOf(`http+private:${base}`),
  );
  alice.say('loop');
  alice.say('flood');
  await logged(/^69 RATE_LIMITED$/);
  assert.ok(server.asked.length >= 60 && server.asked.length <= 62, `${server.asked.length}`);
  alice.say('end');
  await quarantined('asker');
  await server.abandoned;
});

for (const [permission, problem] of [
  ['http:0x7f.1', /"http:0x7f\.1" is written http:127\.0\.0\.1/],
  ['http:', /names no host/],
  ['http', /must be one of/],
] as const) {
  test(`a manifest that asks for "${permission}" is refused in words`, { timeout }, async (t) => {
    const { plug } = await stage(t);
    await assert.rejects(plug('wrong', '', { permissions: [permission] }), {
      code: 'PLUGIN_INVALID',
      message: problem,
    });
  });
}

test('in a test world an answer is waited for, and no time passes meanwhile', {
  timeout,
}, async (t) => {
  const { write } = await stage(t);
  const server = await webServer(t);
  const base = `http://127.0.0.1:${server.port}`;
  const path = await write(
    'asker.ts',
    `import { definePlugin } from 'banter/plugins';
export default definePlugin({ id: 'asker', version: '1.0.0', permissions: ['message.read', 'message.send', 'http+private:${base}'],
  setup(ctx) { ctx.hear(/^ask$/, async () => (await ctx.http.fetch('${base}/hello')).text()); } });`,
  );
  await using world = await start({ plugins: [path] });
  await world.user('ann').says('ask');
  await world.expect(['ann: ask', 'bot: {"hello":"wörld"}']);
});
