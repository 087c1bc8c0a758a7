import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Address } from '../../../core/protocol/address.ts';
import { type PathProbe, Paths } from '../../../core/protocol/paths.ts';
import { Random } from '../../support/random.ts';

const home: Address = { host: '192.0.2.1', port: 5000 };
const away: Address = { host: '198.51.100.7', port: 7000 };
const relay: Address = { host: 'relay-00ff', port: 0 };
const packetBytes = 100;
const probeBytes = 38;

function pathsAt(address: Address, peerMoves = true): Paths {
  const random = new Random(1);
  return new Paths({ address, random: (count) => random.bytes(count), peerMoves });
}

/** What is sent now, as far as it is permitted. */
function polled(paths: Paths, now: number): readonly PathProbe[] {
  const probes: PathProbe[] = [];
  for (;;) {
    const probe = paths.poll(now);
    if (probe === undefined) return probes;
    if (paths.permits(probe.to, probeBytes)) probes.push(probe);
  }
}

describe('the paths of a connection', () => {
  it('lead to a new address once it has answered a challenge, and not before', () => {
    const paths = pathsAt(home);
    paths.received(away, packetBytes, true, 0);
    assert.deepEqual(paths.address, home);
    const [challenge] = polled(paths, 0);
    assert.deepEqual(challenge?.to, away);
    assert.equal(challenge?.type, 'pathChallenge');
    assert.deepEqual(paths.address, home);
    paths.receiveResponse(challenge?.data ?? new Uint8Array(8), 30);
    assert.deepEqual(paths.address, away);
    assert.deepEqual(paths.takeMove(), { address: away, isNewHost: true, rttMs: 30 });
    assert.equal(paths.takeMove(), undefined);
  });

  it('stay where they are for an answer that was not asked for', () => {
    const paths = pathsAt(home);
    paths.received(away, packetBytes, true, 0);
    polled(paths, 0);
    paths.receiveResponse(new Uint8Array(8), 30);
    assert.deepEqual(paths.address, home);
  });

  it('are not moved by an old packet, nor by one that only probes', () => {
    const paths = pathsAt(home);
    paths.received(away, packetBytes, false, 0);
    assert.deepEqual(polled(paths, 0), []);
  });

  it('do not follow a peer that has come back meanwhile', () => {
    const paths = pathsAt(home);
    paths.received(away, packetBytes, true, 0);
    const [challenge] = polled(paths, 0);
    paths.received(home, packetBytes, true, 10);
    paths.receiveResponse(challenge?.data ?? new Uint8Array(8), 30);
    assert.deepEqual(paths.address, home);
    // It has answered: when it leads again, no question is needed.
    paths.received(away, packetBytes, true, 40);
    assert.deepEqual(paths.address, away);
  });

  it('send an address no more than three times what came from it before it answers', () => {
    const paths = pathsAt(home);
    paths.received(away, 40, true, 0);
    let sent = 0;
    for (let now = 0; now < 10_000; now += 50) sent += polled(paths, now).length * probeBytes;
    assert.equal(sent, 3 * probeBytes);
  });

  it('ask a few times and then forget the address', () => {
    const paths = pathsAt(home);
    paths.received(away, 1000, true, 0);
    const instants: number[] = [];
    for (let now = 0; now < 10_000; now += 10) {
      for (const _ of polled(paths, now)) instants.push(now);
    }
    assert.deepEqual(instants, [0, 100, 300, 700, 1500]);
    assert.equal(paths.deadline, Number.POSITIVE_INFINITY);
  });

  it('answer a challenge where it came from, eight at a time', () => {
    const paths = pathsAt(home);
    for (let at = 0; at < 20; at++) {
      paths.received(away, packetBytes, false, 0);
      paths.receiveChallenge(new Uint8Array(8).fill(at), away);
    }
    const answers = polled(paths, 0);
    assert.equal(answers.length, 8);
    assert.ok(answers.every(({ to, type }) => to === away && type === 'pathResponse'));
  });

  it('do not even look at packets from elsewhere where the peer does not move', () => {
    const paths = pathsAt(home, false);
    assert.ok(paths.accepts(home));
    assert.ok(!paths.accepts(away));
  });

  it('remember eight addresses', () => {
    const paths = pathsAt(home);
    for (let port = 1; port <= 100; port++) {
      paths.received({ ...away, port }, 1000, true, 0);
    }
    assert.ok(polled(paths, 0).length <= 8);
    assert.deepEqual(paths.address, home);
  });

  it('prefer a direct way to the relay, and go back to it when the direct one is dead', () => {
    const paths = pathsAt(relay);
    paths.probe(away, 0);
    const [challenge] = polled(paths, 0);
    assert.deepEqual(challenge?.to, away);
    paths.receiveResponse(challenge?.data ?? new Uint8Array(8), 20);
    assert.deepEqual(paths.address, away);
    // The other side still sends over the relay: the direct way is asked again, and answers.
    paths.received(relay, packetBytes, true, 30);
    const [again] = polled(paths, 30);
    assert.deepEqual([again?.to, paths.address], [away, away]);
    paths.receiveResponse(again?.data ?? new Uint8Array(8), 50);
    assert.deepEqual(paths.address, away);
    paths.fail(35);
    assert.deepEqual(paths.address, relay);
    // The dead way must answer again before it is taken.
    paths.received(away, packetBytes, true, 40);
    assert.deepEqual(paths.address, relay);
  });

  it('go back to the relay where the other side did, once the direct one does not answer', () => {
    const paths = pathsAt(relay);
    paths.probe(away, 0);
    paths.receiveResponse(polled(paths, 0)[0]?.data ?? new Uint8Array(8), 20);
    paths.received(relay, packetBytes, true, 1000);
    for (let now = 1000; now < 1700; now += 10) polled(paths, now);
    assert.deepEqual(paths.address, away);
    polled(paths, 1700);
    assert.deepEqual(paths.address, relay);
  });

  it('ask again, when the relay dies, whom they have asked before, and nobody who only came by', () => {
    const paths = pathsAt(relay);
    const elsewhere = { host: '203.0.113.66', port: 66 };
    paths.probe(away, 0);
    for (let now = 0; now < 10_000; now += 10) polled(paths, now);
    paths.probe(away, 10_000);
    paths.receiveResponse(polled(paths, 10_000)[0]?.data ?? new Uint8Array(8), 10_010);
    paths.fail(10_020);
    paths.received(elsewhere, probeBytes, false, 10_030);
    paths.fail(20_000);
    assert.deepEqual(
      polled(paths, 20_000).map(({ to }) => to),
      [away],
    );
  });

  it('stay with a dead way where there is no relay', () => {
    const paths = pathsAt(home);
    paths.fail(0);
    assert.deepEqual(paths.address, home);
  });

  it('follow a peer whose number behind the relay has changed', () => {
    const paths = pathsAt(relay);
    const again = { ...relay, port: 9 };
    paths.received(again, packetBytes, true, 0);
    const [challenge] = polled(paths, 0);
    assert.deepEqual(challenge?.to, again);
    paths.receiveResponse(challenge?.data ?? new Uint8Array(8), 20);
    assert.deepEqual(paths.address, again);
  });

  it('go back to that way over the relay which was heard of last', () => {
    const paths = pathsAt({ ...relay, port: 5 });
    const again = { ...relay, port: 9 };
    paths.received(again, packetBytes, true, 0);
    paths.receiveResponse(polled(paths, 0)[0]?.data ?? new Uint8Array(8), 20);
    paths.probe(away, 30);
    paths.receiveResponse(polled(paths, 30)[0]?.data ?? new Uint8Array(8), 50);
    assert.deepEqual(paths.address, away);
    paths.fail(60);
    assert.deepEqual(paths.address, again);
  });

  it('remember eight addresses also where all of them lead over the relay', () => {
    const paths = pathsAt(relay);
    for (let port = 1; port <= 100; port++) {
      paths.received({ ...relay, port }, 1000, true, 0);
    }
    assert.ok(polled(paths, 0).length <= 8);
  });

  it('ask at a handful of addresses at a time of their own accord, however many they are told', () => {
    const paths = pathsAt(relay);
    let sent = 0;
    for (let now = 0; now < 3000; now += 10) {
      for (let at = 0; at < 3; at++) paths.probe({ ...away, port: 1 + now + at }, now);
      sent += polled(paths, now).length;
    }
    assert.ok(sent <= 4 * 5, `${sent} challenges in three seconds`);
    polled(paths, 3100);
    paths.probe(home, 3100);
    assert.ok(polled(paths, 3100).some(({ to }) => to === home));
  });

  it('ask again at a direct way that the handshake took, after it was dead for a while', () => {
    const paths = pathsAt(home);
    paths.probe(relay, 0);
    paths.receiveResponse(polled(paths, 0)[0]?.data ?? new Uint8Array(8), 20);
    paths.fail(1000);
    assert.deepEqual(paths.address, relay);
    paths.probe(home, 11_000);
    const [challenge] = polled(paths, 11_000);
    assert.deepEqual(challenge?.to, home);
    paths.receiveResponse(challenge?.data ?? new Uint8Array(8), 11_020);
    assert.deepEqual(paths.address, home);
  });

  it('do not ask more at an address that somebody else may have written on a packet when the relay is dead', () => {
    const paths = pathsAt(relay);
    paths.received(away, 40, true, 0);
    let sent = 0;
    for (let now = 0; now < 10_000; now += 50) {
      sent += polled(paths, now).length * probeBytes;
      if (now % 1000 === 0) paths.fail(now);
    }
    assert.equal(sent, 3 * probeBytes);
  });

  it('ask again at the direct ways when the relay is dead, too', () => {
    const paths = pathsAt(home);
    paths.probe(relay, 0);
    paths.receiveResponse(polled(paths, 0)[0]?.data ?? new Uint8Array(8), 20);
    paths.fail(1000);
    paths.fail(2000);
    const [challenge] = polled(paths, 2000);
    assert.deepEqual([challenge?.to, paths.address], [home, relay]);
    paths.receiveResponse(challenge?.data ?? new Uint8Array(8), 2020);
    assert.deepEqual(paths.address, home);
  });
});
