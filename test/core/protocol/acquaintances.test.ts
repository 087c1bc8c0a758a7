import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Acquaintances } from '../../../core/protocol/acquaintances.ts';

const identity = new Uint8Array(32).fill(1);
const address = { host: '192.0.2.2', port: 6666 };

function acquaintance(value: number): { addressToken: Uint8Array; versions: readonly number[] } {
  return { addressToken: new Uint8Array(20).fill(value), versions: [1] };
}

describe('an initiator’s acquaintances', () => {
  it('are known by identity and address, however the address is spelt', () => {
    const known = new Acquaintances();
    known.remember(identity, address, acquaintance(1));
    assert.deepEqual(known.find(identity, address), acquaintance(1));
    assert.deepEqual(
      known.find(identity, { ...address, host: '::ffff:192.0.2.2' }),
      acquaintance(1),
    );
    assert.equal(
      known.find(
        identity.map(() => 2),
        address,
      ),
      undefined,
    );
    assert.equal(known.find(identity, { ...address, port: 6667 }), undefined);
  });

  it('have told what they told last', () => {
    const known = new Acquaintances();
    known.remember(identity, address, acquaintance(1));
    known.remember(identity, address, acquaintance(2));
    assert.deepEqual(known.find(identity, address), acquaintance(2));
  });

  it('are 1024 at most; the one met longest ago is forgotten', () => {
    const known = new Acquaintances();
    for (let port = 1; port <= 1024; port++)
      known.remember(identity, { ...address, port }, acquaintance(1));
    known.remember(identity, { ...address, port: 1 }, acquaintance(2));
    known.remember(identity, { ...address, port: 2000 }, acquaintance(1));
    assert.deepEqual(known.find(identity, { ...address, port: 1 }), acquaintance(2));
    assert.equal(known.find(identity, { ...address, port: 2 }), undefined);
    assert.deepEqual(known.find(identity, { ...address, port: 3 }), acquaintance(1));
  });
});
