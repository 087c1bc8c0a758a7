/** Two people chat at a server while one of the three is under attack, in virtual time. */

import assert from 'node:assert/strict';
import type { Address } from '../../../core/protocol/address.ts';
import { decodeRetry, encodeHello, type Retry } from '../../../core/protocol/handshake.ts';
import { datagramForm, supportedVersions } from '../../../core/protocol/packet.ts';
import { type Person, Scene, serverHost, serverPort } from '../../sim/scene.ts';
import { Random } from '../../support/random.ts';
import type { Armoury, Attack, Shot } from './attacks.ts';

export type Target = 'server' | 'client';

/** What came of it. */
export interface Aftermath {
  readonly shots: number;
  /** Datagrams that the target dropped during the attack, with a reason. */
  readonly dropped: number;
  /** Datagrams of a handshake with which the target answered; none was larger than what it answered. */
  readonly answered: number;
  /** All that lasts at the server, in the end. */
  readonly snapshot: unknown;
  /** What each of the two has heard and what else happened to them. */
  readonly told: readonly (readonly string[])[];
}

const shotCount = 10_000;
const attackMs = 5000;
const chatMs = 50;
const attackerHost = '10.0.66.6';

/** Plays the siege; without an attack it is the quiet evening that all sieges are compared with. */
export async function besiege(target: Target, attack?: Attack): Promise<Aftermath> {
  const scene = new Scene({ delayMs: 10 });
  const recorded: (Shot & { readonly to: Address })[] = [];
  const stop = scene.network.watch((datagram, from, to) => recorded.push({ datagram, from, to }));
  await scene.serve({ policy: { privateInGroup: true } });
  const [ann, bob] = [await scene.connect('ann'), await scene.connect('bob')];
  await scene.gather('hall', [ann, bob]);
  const stopTalking = talk(scene, ann, bob);
  await scene.pass(1000);
  stop();
  const annAddress = { host: ann.host, port: ann.client.localPort };
  const serverAddress = { host: serverHost, port: serverPort };
  const bobAddress = { host: bob.host, port: bob.client.localPort };
  const at = target === 'server' ? serverAddress : annAddress;
  const peers = [target === 'server' ? annAddress : serverAddress, bobAddress];
  const drops = (): ReadonlyMap<string, number> =>
    target === 'server' ? scene.server.drops : ann.client.drops;
  const { own, retry } = await knock(scene, at);
  const before = total(drops());
  const heardByTarget = recorded.filter(({ to }) => to.host === at.host && to.port === at.port);
  const armoury = { random: new Random(7), recorded: heardByTarget, peers, own, retry };
  const shots = attack === undefined ? 0 : shotCount / (attack.rarer ?? 1);
  const answers = countAnswers(scene, at);
  if (attack !== undefined) fire(scene, at, attack, armoury, shots, answers.expect);
  await scene.pass(attackMs + 100);
  const dropped = total(drops()) - before;
  stopTalking();
  await scene.pass(10_000);
  return {
    shots,
    dropped,
    answered: answers.count(),
    snapshot: scene.server.snapshot(),
    told: [ann, bob].map(({ heard, events }) => [...heard, ...events]),
  };
}

/** Ann speaks to the group, Bob to Ann alone, until told to stop. */
function talk(scene: Scene, ann: Person, bob: Person): () => void {
  const clock = scene.network.host('10.0.9.9');
  let isOver = false;
  let spoken = 0;
  const speak = (): void => {
    if (isOver) return;
    spoken++;
    void ann.client.sendGroup('hall', `speech ${spoken}`);
    void bob.client.send('ann', `whisper ${spoken}`);
    clock.setTimer(speak, chatMs);
  };
  speak();
  return () => {
    isOver = true;
  };
}

/** The attacker says HELLO, as anybody may, and keeps what it is answered. */
async function knock(
  scene: Scene,
  at: Address,
): Promise<{ readonly own: Address; readonly retry: Retry }> {
  const answered = Promise.withResolvers<Retry | undefined>();
  const environment = scene.network.host(attackerHost);
  const onDatagram = (datagram: Uint8Array): void => answered.resolve(decodeRetry(datagram));
  const transport = await environment.open({ host: undefined, port: 0, onDatagram });
  const nonce = environment.random(8);
  transport.send(encodeHello({ versions: supportedVersions, nonce }), at);
  const retry = await scene.settle(answered.promise);
  assert.ok(retry !== undefined);
  return { own: transport.localAddress, retry };
}

function fire(
  scene: Scene,
  at: Address,
  attack: Attack,
  armoury: Armoury,
  count: number,
  onShot: (datagram: Uint8Array) => void,
): void {
  const clock = scene.network.host('10.0.9.9');
  for (let shot = 0; shot < count; shot++) {
    clock.setTimer(
      () => {
        const { datagram, from } = attack.shoot(armoury, shot);
        onShot(datagram);
        scene.network.inject(datagram, from, at);
      },
      (shot * attackMs) / count,
    );
  }
}

/** Counts what the target answers outside connections, each answer beside the shot that it follows. */
function countAnswers(
  scene: Scene,
  at: Address,
): { readonly expect: (shot: Uint8Array) => void; readonly count: () => number } {
  let shotBytes = 0;
  let handshakes = 0;
  scene.network.watch((datagram, from) => {
    const form = datagram[0] ?? 0;
    if (from.host !== at.host || from.port !== at.port || (form & datagramForm.data) !== 0) return;
    assert.ok(datagram.length <= shotBytes, `${datagram.length} bytes answer ${shotBytes}`);
    // A reset answers a datagram that was dropped and counted.
    if (form !== datagramForm.reset) handshakes++;
  });
  return {
    expect: (shot) => {
      shotBytes = shot.length;
    },
    count: () => handshakes,
  };
}

function total(drops: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of drops.values()) sum += count;
  return sum;
}
