import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Granted } from '../../plugins/granted.ts';
import {
  describeHttpPermission,
  isHttpPermission,
  isPublicAddress,
  parseHttpPermission,
} from '../../plugins/http-origin.ts';

test('only what is given out on the public internet is a public address', () => {
  const own = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.0.1',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    '4000::1',
    '',
    'localhost',
    '1.2.3',
    '::ffff:10.0.0.1',
    '::ffff:169.254.169.254',
  ];
  assert.deepEqual(own.filter(isPublicAddress), []);
  const everybodys = [
    '1.1.1.1',
    '8.8.8.8',
    '93.184.215.14',
    '::ffff:8.8.8.8',
    '2606:4700:4700::1111',
    '2a00:1450:4001::200e',
  ];
  assert.deepEqual(
    everybodys.filter((address) => !isPublicAddress(address)),
    [],
  );
});

test('a permission has one form, which is what a person reads', () => {
  const read = (text: string): unknown => {
    assert.ok(isHttpPermission(text), text);
    try {
      return parseHttpPermission(text);
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
  };
  assert.deepEqual(read('http:api.example.com'), {
    origin: 'https://api.example.com',
    isPrivate: false,
  });
  assert.deepEqual(read('http:example.com:8443'), {
    origin: 'https://example.com:8443',
    isPrivate: false,
  });
  assert.deepEqual(read('http+private:http://10.0.0.5:8080'), {
    origin: 'http://10.0.0.5:8080',
    isPrivate: true,
  });
  assert.deepEqual(read('http+private:[::1]'), { origin: 'https://[::1]', isPrivate: true });
  for (const [text, canonical] of [
    ['http:API.example.com', 'http:api.example.com'],
    ['http:0x7f.1', 'http:127.0.0.1'],
    ['http:2130706433', 'http:127.0.0.1'],
    ['http:0177.0.0.1', 'http:127.0.0.1'],
    ['http:ⓔxample.com', 'http:example.com'],
    ['http:example.com:443', 'http:example.com'],
    ['http:example.com/path', 'http:example.com'],
    ['http:ann@example.com', 'http:example.com'],
    ['http+private:http://Nas:80', 'http+private:http://nas'],
  ]) {
    assert.equal(read(text ?? ''), `"${text}" is written ${canonical}`);
  }
  for (const text of [
    'http:',
    'http:*.example.com:x',
    'http:ftp://example.com',
    'http: ',
    `http:${'a'.repeat(400)}`,
  ]) {
    assert.match(String(read(text)), /names no host/, text);
  }
});

test('hosts are granted, remembered and taken back like any permission, and said in words', () => {
  const granted = Granted.parse([
    'storage',
    'http:b.example',
    'http+private:nas.local',
    'http:a.example',
  ]);
  assert.deepEqual(granted.notation, [
    'storage',
    'http+private:nas.local',
    'http:a.example',
    'http:b.example',
  ]);
  assert.deepEqual(granted.missing(['http:a.example', 'http:c.example']), ['http:c.example']);
  assert.deepEqual(granted.without(['http:a.example']).notation.length, 3);
  assert.deepEqual(
    granted.hosts.map(({ origin }) => origin),
    ['https://nas.local', 'https://a.example', 'https://b.example'],
  );
  assert.equal(
    describeHttpPermission('http:a.example'),
    'exchanges data with a.example on the internet (encrypted)',
  );
  assert.match(
    describeHttpPermission('http+private:http://nas.local:81'),
    /nas\.local:81 \(unencrypted\), also if that is this machine/,
  );
});
