/** What can be done with messages that are kept for who is absent: by the server that keeps them, and by who steals keys. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { x25519 } from '@noble/curves/ed25519.js';
import { Mailboxes } from '../../../core/chat/mailboxes.ts';
import { peerCodec, type ServerMessage, serverCodec } from '../../../core/chat/wire.ts';
import { SodiumCrypto } from '../../../core/net/sodium.ts';
import { toHex } from '../../../core/protocol/bytes.ts';
import { openEnvelope, sealEnvelope } from '../../../core/protocol/envelope.ts';
import { MemoryStore } from '../../../core/store/memory-store.ts';
import { type Person, Scene } from '../../sim/scene.ts';
import { temporaryHome } from '../../support/home.ts';
import { SymmetricState } from '../net/noise-oracle.ts';

type Envelope = Extract<ServerMessage, { readonly type: 'envelope' }>;

const crypto = new SodiumCrypto();
const secret = 'the harbour at nine';

/** A server that hands over what it likes, besides what it should. */
interface Traitor {
  /** Every envelope that it has handed over. */
  readonly handed: Envelope[];
  /** What it hands over next, to whoever asks. */
  readonly forgeries: Envelope[];
}

function betray(t: TestContext): Traitor {
  const traitor: Traitor = { handed: [], forgeries: [] };
  const { readNext } = Mailboxes.prototype;
  Mailboxes.prototype.readNext = function (this: Mailboxes, link) {
    const next = readNext.call(this, link);
    const message = next && serverCodec.decode(next);
    if (message?.type === 'envelope') traitor.handed.push(message);
    if (next !== undefined) return next;
    const forgery = traitor.forgeries.shift();
    return forgery && serverCodec.encode(forgery);
  };
  t.after(() => {
    Mailboxes.prototype.readNext = readNext;
  });
  return traitor;
}

/** Ann has left a message for bob, who has been there. */
async function left(t: TestContext): Promise<{
  readonly scene: Scene;
  readonly ann: Person;
  readonly store: MemoryStore;
  readonly join: (name: string) => Promise<Person>;
}> {
  const scene = new Scene();
  const { path } = temporaryHome(t);
  const store = new MemoryStore(new Uint8Array(32).fill(5));
  await scene.serve({ store, policy: { privateInGroup: true } });
  const connect = (name: string): Promise<Person> =>
    scene.connect(name, { dataDir: join(path, name) });
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  await scene.settle(bob.client.close());
  await scene.until(() => ann.client.directory.get('bob')?.online === false);
  const receipt = await scene.settle(ann.client.send('bob', secret));
  assert.equal(receipt.type, 'stored');
  return { scene, ann, store, join: connect };
}

describe('a server that keeps messages', () => {
  it('reads nothing of them, with its own keys or without', async (t) => {
    const { store } = await left(t);
    const identity = crypto.identity(store.seed);
    const { envelopes } = await store.load();
    assert.equal(envelopes.length, 1);
    for (const { mid, sealed } of envelopes) {
      assert.ok(!toHex(sealed).includes(toHex(new TextEncoder().encode(secret))));
      assert.equal(openEnvelope(crypto, identity, mid, sealed), undefined);
    }
  });

  it('sees who writes to whom, when, and how much', async (t) => {
    const { store } = await left(t);
    const [envelope] = (await store.load()).envelopes;
    assert.deepEqual([envelope?.from, envelope?.to], ['ann', 'bob']);
    assert.ok((envelope?.storedAtMs ?? 0) > 0);
    const other = await left(t);
    assert.equal((await other.store.load()).envelopes[0]?.sealed.length, envelope?.sealed.length);
  });

  it('cannot hand one over twice, not even to the next process of its recipient', async (t) => {
    const { scene, join: connect } = await left(t);
    const { handed, forgeries } = betray(t);
    const bob = await connect('bob');
    await scene.until(() => bob.heard.length > 0);
    const [envelope] = handed;
    assert.ok(envelope);
    await scene.settle(bob.client.close());
    forgeries.push(envelope, { ...envelope, id: 77 });
    const again = await connect('bob');
    await scene.until(() => forgeries.length === 0);
    await scene.pass(1000);
    assert.deepEqual([bob.heard, again.heard], [[secret], []]);
  });

  it('cannot hand one to somebody else, under another mid or in another name', async (t) => {
    const { scene, ann, store, join: connect } = await left(t);
    const { forgeries } = betray(t);
    const [kept] = (await store.load()).envelopes;
    assert.ok(kept);
    const { from, mid, sealed } = kept;
    const envelope: Envelope = { type: 'envelope', id: 70, from, mid, sealed };
    forgeries.push(envelope);
    const carl = await connect('carl');
    await scene.until(() => forgeries.length === 0);
    await scene.pass(1000);
    assert.deepEqual(carl.heard, []);
    forgeries.push(
      { ...envelope, id: 71, mid: mid.with(15, 99) },
      { ...envelope, id: 72, from: 'carl' },
      { ...envelope, id: 73, sealed: sealed.with(40, (sealed[40] ?? 0) ^ 1) },
    );
    const bob = await connect('bob');
    await scene.until(() => forgeries.length === 0);
    await scene.pass(1000);
    assert.deepEqual([bob.heard, ann.heard], [[secret], []]);
  });

  it('cannot write one of its own in the name of somebody', async (t) => {
    const { scene, ann, join: connect } = await left(t);
    const { forgeries } = betray(t);
    const mallory = crypto.identity(new Uint8Array(32).fill(66));
    const recipient = ann.client.directory.get('bob')?.key ?? assert.fail();
    const mid = new Uint8Array(16).fill(3);
    const said = { from: 'ann', hops: 0, bot: false, sentAtMs: 0, text: 'I quit' };
    const sealed = sealEnvelope(crypto, {
      identity: mallory,
      recipient: Uint8Array.from(Buffer.from(recipient, 'hex')),
      mid,
      payload: peerCodec.encode({ type: 'privateMessage', mid, ...said }),
      ephemeral: new Uint8Array(32).fill(4),
    });
    assert.ok(sealed);
    forgeries.push({ type: 'envelope', id: 70, from: 'ann', mid, sealed });
    const bob = await connect('bob');
    await scene.until(() => forgeries.length === 0);
    await scene.pass(1000);
    assert.deepEqual(bob.heard, [secret]);
  });

  it('can lose them', async (t) => {
    const { scene, store, join: connect } = await left(t);
    await scene.settle(scene.server.close());
    await scene.serve({ store: new MemoryStore(store.seed) });
    const bob = await connect('bob');
    await scene.pass(20_000);
    assert.deepEqual(bob.heard, []);
  });
});

describe('whoever has stolen a recipient’s key', () => {
  const [ann, bob] = [1, 2].map((seed) => crypto.identity(new Uint8Array(32).fill(seed)));
  const mid = new Uint8Array(16).fill(7);
  const ephemeral = new Uint8Array(32).fill(9);
  const payload = new TextEncoder().encode(secret);

  it('opens every envelope that was ever sealed for it', () => {
    assert.ok(ann && bob);
    const sealing = { identity: ann, recipient: bob.publicKey, mid, payload, ephemeral };
    const recorded = sealEnvelope(crypto, sealing) ?? assert.fail();
    const thief = crypto.identity(bob.seed);
    const opened = openEnvelope(crypto, thief, mid, recorded);
    assert.equal(new TextDecoder().decode(opened?.payload), secret);
  });

  it('can leave messages for its owner in the name of anybody', () => {
    assert.ok(ann && bob);
    const state = new SymmetricState('Noise_IK_25519_ChaChaPoly_BLAKE2b');
    const label = new TextEncoder().encode('banter envelope');
    const point = x25519.getPublicKey(ephemeral);
    state.mixHash(Uint8Array.of(...label, 1, ...bob.publicKey, ...mid));
    state.mixHash(bob.agreement.publicKey);
    state.mixHash(point);
    state.mixKey(x25519.getSharedSecret(ephemeral, bob.agreement.publicKey));
    const name = state.encryptAndHash(ann.agreement.publicKey);
    // The step that should prove the sender: the recipient's key does as well.
    state.mixKey(x25519.getSharedSecret(bob.agreement.secretKey, ann.agreement.publicKey));
    const forged = Uint8Array.of(...point, ...name, ...state.encryptAndHash(payload));
    const opened = openEnvelope(crypto, bob, mid, forged);
    assert.equal(toHex(opened?.agreementKey ?? new Uint8Array()), toHex(ann.agreement.publicKey));
  });
});
