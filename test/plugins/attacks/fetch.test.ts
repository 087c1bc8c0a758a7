/** Attacks by way of `ctx.http.fetch`: to addresses that are nobody's business, and from servers that mean harm. */

import assert from 'node:assert/strict';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { BanterError } from '../../../core/index.ts';
import { Granted } from '../../../plugins/granted.ts';
import type { FetchAction, FetchResult } from '../../../plugins/http-action.ts';
import { HttpCapability, type Lookup } from '../../../plugins/http-capability.ts';
import { httpMethods } from '../../../plugins/http-limits.ts';
import { certificate } from './certificate.ts';
import { type WebServer, webServer } from './web-server.ts';

const timeout = 60_000;

interface Asking {
  readonly server: WebServer;
  /** What a fetch comes to: the answer, or its code and words. */
  ask(url: string, fields?: Partial<FetchAction>): Promise<FetchResult | string>;
  readonly http: HttpCapability<string>;
}

interface Place {
  readonly grants: (port: number) => readonly string[];
  readonly lookup?: Lookup;
  readonly bytesMax?: number;
}

async function place(t: TestContext, { grants, lookup, bytesMax = 1000 }: Place): Promise<Asking> {
  const server = await webServer(t);
  const http = new HttpCapability<string>(lookup);
  const granted = Granted.parse(grants(server.port));
  const fetcher = { granted, http: { methods: httpMethods, responseBytesMax: bytesMax } };
  return {
    server,
    http,
    ask: async (url, fields = {}) => {
      const plain = {
        type: 'fetch',
        id: 1,
        url,
        method: 'GET',
        headers: {},
        body: undefined,
      } as const;
      try {
        return await http.fetch('evil', fetcher, { ...plain, timeoutMs: 5000, ...fields });
      } catch (error) {
        assert.ok(error instanceof BanterError, String(error));
        return `${error.code}: ${error.message}`;
      }
    },
  };
}

/** A resolver that gives these answers, one after the other and the last for ever. */
function resolver(...answers: readonly (readonly string[])[]): Lookup {
  let at = 0;
  return (_host, _options, callback) => {
    const addresses = answers[Math.min(at, answers.length - 1)] ?? [];
    at += 1;
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
}

const own = (port: number): readonly string[] => [`http+private:http://127.0.0.1:${port}`];

test('an answer has its status, headers without cookies, and body', { timeout }, async (t) => {
  const { server, ask } = await place(t, { grants: own });
  const base = `http://127.0.0.1:${server.port}`;
  const answer = await ask(`${base}/hello`, { headers: { 'X-Token': 'abc' } });
  assert.ok(typeof answer !== 'string');
  assert.deepEqual(
    [answer.status, answer.url, answer.body],
    [200, `${base}/hello`, '{"hello":"wörld"}'],
  );
  assert.equal(answer.headers['x-color'], 'blue');
  assert.equal(answer.headers['set-cookie'], undefined);
  assert.equal(server.headers()['x-token'], 'abc');
  assert.equal(server.headers()['accept-encoding'], 'identity');
  const posted = await ask(`${base}/echo`, { method: 'POST', body: 'words' });
  assert.equal(typeof posted !== 'string' && posted.body, 'POST words');
  const lost = await ask(`${base}/none`);
  assert.equal(typeof lost !== 'string' && lost.status, 404);
});

test('no other host, port, scheme or method than those that were granted', {
  timeout,
}, async (t) => {
  const { server, ask, http } = await place(t, { grants: own });
  for (const url of [
    'https://example.com/',
    `http://127.0.0.1:${server.port + 1}/hello`,
    `https://127.0.0.1:${server.port}/hello`,
    `http://localhost:${server.port}/hello`,
    `http://127.0.0.2:${server.port}/hello`,
    `http://127.0.0.1.:${server.port + 1}/hello`,
    `http://[::ffff:127.0.0.1]:${server.port}/hello`,
  ]) {
    assert.match(
      String(await ask(url)),
      /^PERMISSION_DENIED: fetch needs the permission "http:/,
      url,
    );
  }
  for (const url of [
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'data:,hello',
    'nonsense',
    '//127.0.0.1',
    `http://ann:pw@127.0.0.1:${server.port}/hello`,
  ]) {
    assert.match(String(await ask(url)), /^OPTION_INVALID: .*is no address of the web/, url);
  }
  const fetcher = {
    granted: Granted.parse(own(server.port)),
    http: { methods: ['GET'], responseBytesMax: 1000 },
  } as const;
  const url = `http://127.0.0.1:${server.port}/echo`;
  await assert.rejects(
    http.fetch('evil', fetcher, {
      type: 'fetch',
      id: 1,
      url,
      method: 'DELETE',
      headers: {},
      body: undefined,
      timeoutMs: 1000,
    }),
    { code: 'PERMISSION_DENIED', message: /allows GET, not DELETE/ },
  );
  assert.deepEqual(server.asked, []);
});

test('a literal of this machine is refused in whatever form, without the grant that says so', {
  timeout,
}, async (t) => {
  const forms = [
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '10.0.0.1',
    '169.254.169.254',
    '[fe80::1]',
    '0.0.0.0',
  ];
  const grants = (port: number): readonly string[] =>
    forms.map((host) => `http:${new URL(`http://${host}:${port}`).origin}`);
  const { server, ask } = await place(t, { grants });
  const tried = [
    ...forms,
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0x7f.1',
    '①②⑦.0.0.1',
    '[::ffff:7f00:1]',
  ];
  for (const host of tried) {
    const answer = await ask(`http://${host}:${server.port}/hello`);
    assert.match(
      String(answer),
      /^PERMISSION_DENIED: .* is .*, no address of the public internet/,
      host,
    );
  }
  assert.deepEqual(server.asked, []);
});

test('a name that leads to this machine is refused, by itself, among others, or the second time', {
  timeout,
}, async (t) => {
  const grants = (port: number): readonly string[] => [
    `http:http://rebind.example:${port}`,
    `http:http://localhost:${port}`,
  ];
  for (const lookup of [
    resolver(['127.0.0.1']),
    resolver(['::1']),
    resolver(['::ffff:127.0.0.1']),
    resolver(['8.8.8.8', '127.0.0.1']),
    resolver(['2606:4700:4700::1111', 'fd00::1']),
    resolver(['64:ff9b::7f00:1']),
  ]) {
    const { server, ask } = await place(t, { grants, lookup });
    assert.match(
      String(await ask(`http://rebind.example:${server.port}/hello`)),
      /^PERMISSION_DENIED: rebind\.example is /,
    );
    assert.deepEqual(server.asked, []);
  }
  const { server, ask } = await place(t, { grants });
  assert.match(
    String(await ask(`http://localhost:${server.port}/hello`)),
    /^PERMISSION_DENIED: localhost is /,
  );
  assert.deepEqual(server.asked, []);
});

test('what was looked up is what is connected to: a second answer is never asked for', {
  timeout,
}, async (t) => {
  // The first answer is granted as private, as a test has no address of the internet; a second one would lead nowhere.
  const grants = (port: number): readonly string[] => [
    `http+private:http://rebind.example:${port}`,
  ];
  const { server, ask } = await place(t, { grants, lookup: resolver(['127.0.0.1'], ['0.0.0.1']) });
  const answer = await ask(`http://rebind.example:${server.port}/hello`);
  assert.equal(typeof answer !== 'string' && answer.status, 200);
  assert.deepEqual(server.asked, [`GET /hello rebind.example:${server.port}`]);
});

test('a redirect is asked for like any request: granted host, granted address, five of them', {
  timeout,
}, async (t) => {
  const grants = (port: number): readonly string[] => [
    `http+private:http://open.example:${port}`,
    `http+private:http://other.example:${port}`,
    `http:http://inner.example:${port}`,
  ];
  const { server, ask } = await place(t, { grants, lookup: resolver(['127.0.0.1']) });
  const base = `http://open.example:${server.port}`;
  const to = (url: string, status = 302): string =>
    `${base}/to?status=${status}&url=${encodeURIComponent(url)}`;
  const secret = { authorization: 'secret', 'x-token': 'secret', accept: 'text/plain' };
  for (const [url, why] of [
    [`http://127.0.0.1:${server.port}/hello`, /^PERMISSION_DENIED: fetch needs/],
    [
      `http://inner.example:${server.port}/hello`,
      /^PERMISSION_DENIED: inner\.example is 127\.0\.0\.1/,
    ],
    ['file:///etc/passwd', /^OPTION_INVALID/],
    [`http://ann:pw@open.example:${server.port}/`, /^OPTION_INVALID/],
    ['http://[', /^HTTP_FAILED: .* leads to what is no address/],
  ] as const) {
    server.asked.length = 0;
    assert.match(String(await ask(to(url))), why);
    assert.equal(server.asked.length, 1, url);
  }
  assert.match(String(await ask(`${base}/round`)), /^HTTP_FAILED: .* leads on more than 5 times/);
  const answer = await ask(to(`http://other.example:${server.port}/echo`, 307), {
    method: 'POST',
    body: 'b',
    headers: secret,
  });
  assert.equal(typeof answer !== 'string' && answer.body, 'POST b');
  const { authorization, 'x-token': token, accept } = server.headers();
  assert.deepEqual([authorization, token, accept], [undefined, undefined, 'text/plain']);
  const seen = await ask(to('/echo', 303), { method: 'POST', body: 'b', headers: secret });
  assert.equal(typeof seen !== 'string' && seen.body, 'GET ');
  assert.equal(server.headers().authorization, 'secret');
});

test('what is too long, packed, cut off or too slow is refused, and its connection ended', {
  timeout,
}, async (t) => {
  const { server, ask } = await place(t, { grants: own });
  const base = `http://127.0.0.1:${server.port}`;
  assert.match(String(await ask(`${base}/giant`)), /^HTTP_FAILED: .* more than 1000 bytes$/);
  assert.match(String(await ask(`${base}/endless`)), /^HTTP_FAILED: .* more than 1000 bytes$/);
  assert.match(String(await ask(`${base}/bomb`)), /^HTTP_FAILED: .* answers packed \(gzip\)$/);
  assert.match(String(await ask(`${base}/headers`)), /^HTTP_FAILED: /);
  assert.match(String(await ask(`${base}/broken`)), /^HTTP_FAILED: /);
  assert.match(
    String(await ask(`${base}/slow`, { timeoutMs: 300 })),
    /^HTTP_FAILED: .* took more than 300 ms$/,
  );
  assert.match(
    String(await ask(`${base}/silent`, { timeoutMs: 300 })),
    /^HTTP_FAILED: .* took more than 300 ms$/,
  );
  await server.abandoned;
});

test('headers about the connection, the host, proxies and cookies are not for plugins to set', {
  timeout,
}, async (t) => {
  const { server, ask } = await place(t, { grants: own });
  const url = `http://127.0.0.1:${server.port}/hello`;
  for (const name of [
    'Host',
    'cookie',
    'Content-Length',
    'Transfer-Encoding',
    'connection',
    'Proxy-Authorization',
    'Sec-Fetch-Site',
    'X-Forwarded-For',
    'Upgrade',
    'Expect',
  ]) {
    assert.match(
      String(await ask(url, { headers: { [name]: '1' } })),
      /^OPTION_INVALID: the header/,
      name,
    );
  }
  for (const [name, value] of [
    ['a b', '1'],
    ['x', 'a\r\nHost: b'],
    ['x', 'ü€'],
    ['', '1'],
    ['x\n', '1'],
  ] as const) {
    assert.match(
      String(await ask(url, { headers: { [name]: value } })),
      /^OPTION_INVALID: .* is no header/s,
      name,
    );
  }
  assert.match(
    String(await ask(url, { headers: { x: 'y'.repeat(4096) } })),
    /^OPTION_INVALID: headers have/,
  );
  assert.deepEqual(server.asked, []);
});

test('a server that cannot prove its name is not spoken to', { timeout }, async (t) => {
  let requests = 0;
  const server = createSecureServer(certificate, (_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  // It listens on an address, not on a pipe.
  const { port } = server.address() as AddressInfo;
  const { ask } = await place(t, { grants: () => [`http+private:localhost:${port}`] });
  assert.match(
    String(await ask(`https://localhost:${port}/`)),
    /^HTTP_FAILED: localhost:\d+: .*(self-signed|certificate)/,
  );
  assert.equal(requests, 0);
});

test('so many at a time, and what is under way ends with its plugin', { timeout }, async (t) => {
  const { server, ask, http } = await place(t, { grants: own });
  const url = `http://127.0.0.1:${server.port}/silent`;
  const asking = Array.from({ length: 5 }, () => ask(url));
  assert.match(String(await asking[4]), /^RATE_LIMITED: 4 requests are open already/);
  http.end('evil');
  for (const answer of asking.slice(0, 4))
    assert.match(String(await answer), /^ABORTED: the plugin has ended/);
});
