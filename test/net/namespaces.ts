/**
 * `npm run test:namespaces`: a server, Carl, and Ann behind a NAT, each in a network namespace of its own. They chat
 * while the NAT forgets what it knows and then gets another address. Exit code 0 if nothing was lost or came twice and
 * every connection lasted, else 1; 3 where the machine does not allow namespaces. It needs no privilege and touches
 * nothing outside.
 */

import { isDeepStrictEqual } from 'node:util';
import { ip, NamespaceHost } from './namespace-host.ts';
import { namespaceRefusal, refusedExitCode, runInNamespace } from './namespace-probe.ts';

const server = { host: '192.0.2.10', port: 6666 };
const carlAt = { host: '192.0.2.20', port: 7020 };
const natAddresses = ['192.0.2.30', '192.0.2.31'] as const;
const group = 'hall';

/** Messages of each kind that each says in a part of the conversation. */
const messagesPerPart = 20;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

type Hosts = Readonly<Record<'server' | 'carl' | 'nat' | 'ann', NamespaceHost>>;

/** Hosts on one bridge, and Ann behind the NAT. */
async function build(): Promise<Hosts> {
  ip(['link', 'add', 'internet', 'type', 'bridge']);
  ip(['link', 'set', 'internet', 'up']);
  const hosts = {
    server: await NamespaceHost.start('server'),
    carl: await NamespaceHost.start('carl'),
    nat: await NamespaceHost.start('nat'),
    ann: await NamespaceHost.start('ann'),
  };
  await hosts.server.plugInto('internet', [`${server.host}/24`]);
  await hosts.carl.plugInto('internet', [`${carlAt.host}/24`]);
  await hosts.nat.plugInto(
    'internet',
    natAddresses.map((address) => `${address}/24`),
  );
  await hosts.nat.cableTo(hosts.ann, '10.0.0.1/24', '10.0.0.2/24');
  await route(hosts.ann, 'route', 'add', 'default', 'via', '10.0.0.1');
  await translate(hosts.nat);
  return hosts;
}

/**
 * Makes a NAT of a host without any firewall's help: what comes from inside for the others is taken for its own and goes
 * on from its outside address; answers come back from the address that they were asked at. Neither side sees anything
 * else.
 */
async function translate(nat: NamespaceHost): Promise<void> {
  // It has the addresses of the others, but does not say so outside…
  await nat.tell({ type: 'kernel', name: 'conf/eth0/arp_ignore', value: '1' });
  for (const { host } of [server, carlAt])
    await route(nat, 'route', 'add', 'local', host, 'dev', 'lo', 'table', 'local');
  // …and what it sends to them itself goes out, by a rule that comes before its own addresses.
  await route(nat, 'rule', 'add', 'pref', '2', 'lookup', 'local');
  await route(nat, 'rule', 'add', 'pref', '1', 'iif', 'lo', 'to', '192.0.2.0/24', 'lookup', 'main');
  await route(nat, 'rule', 'delete', 'pref', '0');
  await nat.tell({ type: 'translate', targets: [server, carlAt] });
}

async function route(host: NamespaceHost, ...args: readonly string[]): Promise<void> {
  await host.tell({ type: 'ip', args });
}

/** What somebody says in one part of the conversation. */
function texts(who: string, what: string, part: number): readonly string[] {
  return Array.from({ length: messagesPerPart }, (_, at) => `${who} ${what} ${part}.${at}`);
}

/** Both say their part to the group and to each other. */
async function talk({ ann, carl }: Hosts, part: number): Promise<void> {
  await Promise.all([
    ann.tell({ type: 'say', group, texts: texts('ann', 'says', part) }),
    carl.tell({ type: 'say', group, texts: texts('carl', 'says', part) }),
    ann.tell({ type: 'whisper', to: 'carl', texts: texts('ann', 'whispers', part) }),
    carl.tell({ type: 'whisper', to: 'ann', texts: texts('carl', 'whispers', part) }),
  ]);
}

/** @returns whether somebody has heard everything that somebody else said in so many parts */
async function compare(listener: NamespaceHost, speaker: string, parts: number): Promise<boolean> {
  const numbers = Array.from({ length: parts }, (_, part) => part);
  const count = messagesPerPart * parts;
  const heard = await listener.tell({ type: 'heard', group: count, private: count });
  const said = {
    group: numbers.flatMap((part) => texts(speaker, 'says', part)),
    private: numbers.flatMap((part) => texts(speaker, 'whispers', part)),
    // A connection outlasts the address that it began at.
    losses: 0,
  };
  const isSame = isDeepStrictEqual(heard, said);
  const what = isSame ? 'everything once and in order, on one connection' : JSON.stringify(heard);
  say(`what ${speaker} said arrived: ${what}`);
  return isSame;
}

async function play(): Promise<boolean> {
  const hosts = await build();
  const { ann, carl, nat } = hosts;
  await hosts.server.tell({ type: 'serve', at: server });
  await ann.tell({ type: 'connect', name: 'ann', server, localPort: 7010 });
  await carl.tell({ type: 'connect', name: 'carl', server, localPort: carlAt.port });
  await ann.tell({ type: 'createGroup', group });
  for (const host of [ann, carl]) await host.tell({ type: 'joinGroup', group });
  await ann.tell({ type: 'knows', name: 'carl' });
  await carl.tell({ type: 'knows', name: 'ann' });
  say('server, carl and ann stand in networks of their own, ann behind a NAT');

  let parts = 0;
  for (const address of natAddresses) {
    const before = talk(hosts, parts++);
    // In mid-stream: what is under way to the old address is lost. The first time only the port is another.
    await nat.tell({ type: 'rebind', host: address });
    const after = talk(hosts, parts++);
    await Promise.all([before, after]);
    say(`chatted while the NAT forgot what it knew and went on at ${address}`);
  }
  const isComplete = [await compare(carl, 'ann', parts), await compare(ann, 'carl', parts)];
  for (const host of [ann, carl, hosts.server, nat]) await host.tell({ type: 'close' });
  for (const host of Object.values(hosts)) await host.close();
  return isComplete.every(Boolean);
}

if (process.argv.includes('--inside')) {
  process.exitCode = (await play()) ? 0 : 1;
} else {
  const refusal = namespaceRefusal();
  if (refusal === undefined) {
    const { output, code } = await runInNamespace(import.meta.filename);
    say(output.trimEnd());
    process.exitCode = code;
  } else {
    say(`not allowed here: ${refusal}`);
    process.exitCode = refusedExitCode;
  }
}
