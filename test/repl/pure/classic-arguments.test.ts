import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseClientArguments, parseServerArguments } from '../../../repl/classic-arguments.ts';

/** The fault's lines, or undefined for arguments that are right. */
function faultOf(
  parsed: ReturnType<typeof parseClientArguments> | ReturnType<typeof parseServerArguments>,
): readonly string[] | undefined {
  return parsed.type === 'fault' ? parsed.lines : undefined;
}

function clientFault(name: string, host: string, serverPort: string, clientPort: string): unknown {
  return faultOf(parseClientArguments([name, host, serverPort, clientPort]))?.[0];
}

const badPorts = [
  '',
  '0',
  '666',
  '1023',
  '65536',
  '666a',
  ' 6666',
  '6666.5',
  '-6666',
  '0x1a0a',
  '1e4',
];

describe('the arguments of the original', () => {
  it('takes ports from 1024 to 65535', () => {
    assert.deepEqual(parseServerArguments(['1024']), { type: 'server', port: 1024 });
    assert.deepEqual(parseServerArguments(['65535']), { type: 'server', port: 65_535 });
    for (const port of badPorts) {
      assert.deepEqual(faultOf(parseServerArguments([port])), ['Invalid server port number'], port);
      assert.equal(clientFault('X', '::1', port, '7771'), 'Invalid server port number', port);
      assert.equal(clientFault('X', '::1', '6666', port), 'Invalid client port number', port);
    }
  });

  it('takes localhost, addresses of both families and host names', () => {
    for (const host of ['localhost', '127.0.0.1', '::1', 'fe80::1%eth0', 'chat.lan', 'a_b', '9a']) {
      assert.deepEqual(parseClientArguments(['X', host, '6666', '7771']), {
        type: 'client',
        name: 'X',
        host,
        serverPort: 6666,
        clientPort: 7771,
      });
    }
  });

  it('refuses what is no host, and IPv4 addresses gone wrong', () => {
    const long = 'a.'.repeat(130);
    for (const host of ['', ' ', '127.0.9999.1', '1.2.3', '256.1.1.1', '1', 'a b', '-a', long]) {
      const words = 'Invalid server ip address. Try again.';
      assert.equal(clientFault('X', host, '6666', '7771'), words, host);
    }
  });

  it('refuses the names that the original refused in its words, and others with the reason', () => {
    assert.equal(clientFault('server', 'localhost', '6666', '7771'), 'Invalid username');
    assert.equal(clientFault('a;b', 'localhost', '6666', '7771'), 'Invalid username');
    assert.equal(clientFault('', 'localhost', '6666', '7771'), 'Invalid username: it is empty');
    assert.match(String(clientFault('a b', 'h', '6666', '7771')), /^Invalid username: it holds/);
    assert.match(String(clientFault('SERVER', 'h', '6666', '7771')), /it is reserved$/);
  });

  it('looks at the name first, then at the host, the server port and the client port', () => {
    assert.equal(clientFault(';', '?', '1', '1'), 'Invalid username');
    assert.equal(clientFault('X', '?', '1', '1'), 'Invalid server ip address. Try again.');
    assert.equal(clientFault('X', 'h', '1', '1'), 'Invalid server port number');
    assert.equal(clientFault('X', 'h', '6666', '1'), 'Invalid client port number');
  });

  it('shows the form when arguments are missing or too many', () => {
    const serverForm = ['Please use valid input like:', 'banter -s <server-port>'];
    const clientForm = [
      'Please use valid input like:',
      'banter -c <name> <server-ip> <server-port> <client-port>',
    ];
    assert.deepEqual(faultOf(parseServerArguments([])), serverForm);
    assert.deepEqual(faultOf(parseServerArguments(['6666', '6667'])), serverForm);
    const words = ['X', 'localhost', '6666', '7771', 'more'];
    for (const count of [0, 1, 2, 3, 5]) {
      assert.deepEqual(faultOf(parseClientArguments(words.slice(0, count))), clientForm);
    }
  });
});
