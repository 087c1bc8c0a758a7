/** What every store promises of who runs the server and who may come in, as tests to run against each of them. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { House, type HouseChange, openHouse } from '../../../core/chat/house.ts';
import { nothingStored, type StoreChange } from '../../../core/chat/records.ts';
import { accessModes } from '../../../core/chat/wire-administration.ts';
import type { OpenStore } from './store-conformance.ts';

const [ann, bob, eve] = ['01', '02', '03'].map((byte) => byte.repeat(32)) as [
  string,
  string,
  string,
];

const bound: readonly StoreChange[] = [
  { type: 'nameBound', name: 'Ann', identity: ann },
  { type: 'nameBound', name: 'Bob', identity: bob },
  { type: 'nameBound', name: 'Bobby', identity: bob },
];

const invitation = { hash: '0a'.repeat(16), expiresAtMs: 2e12, note: 'für alle', by: 'Ann' };

/** The tests, for a store of that name. */
export function houseConformanceOf(name: string, open: OpenStore): void {
  describe(`${name}, as a store of who may come in,`, () => {
    it('keeps operators, bans, the list, and invitations as they come and go', async (t) => {
      const { store, reopen } = await open(t);
      await store.write([
        ...bound,
        { type: 'operatorAdded', identity: ann, name: 'Ann' },
        { type: 'operatorAdded', identity: bob, name: 'Bob' },
        { type: 'keyBanned', identity: eve, name: '', reason: 'spam', by: 'Ann', atMs: 5 },
        { type: 'accessChanged', access: 'invitation', admitsKnown: true },
        { type: 'invitationCreated', id: 'aaaaaaaa', usesLeft: 2, ...invitation },
        { type: 'invitationCreated', id: 'bbbbbbbb', usesLeft: 1, ...invitation },
        { type: 'keyAdmitted', identity: eve, name: '', invitation: 'aaaaaaaa' },
        { type: 'keyAdmitted', identity: ann, name: 'Ann', invitation: '' },
        { type: 'operatorRemoved', identity: ann },
        { type: 'keyDismissed', identity: bob },
      ]);
      assert.deepEqual((await (await reopen()).load()).house, {
        operators: [{ identity: bob, name: 'Bob' }],
        bans: [{ identity: eve, name: '', reason: 'spam', by: 'Ann', atMs: 5 }],
        access: 'invitation',
        admissions: [
          { identity: ann, name: 'Ann' },
          { identity: eve, name: '' },
        ],
        invitations: [
          { id: 'aaaaaaaa', usesLeft: 1, ...invitation },
          { id: 'bbbbbbbb', usesLeft: 1, ...invitation },
        ],
      });
      const again = await reopen();
      await again.write([
        { type: 'keyUnbanned', identity: eve },
        { type: 'invitationEnded', id: 'aaaaaaaa' },
        { type: 'keyAdmitted', identity: bob, name: 'Bob', invitation: 'bbbbbbbb' },
        { type: 'accessChanged', access: 'open', admitsKnown: false },
      ]);
      const { bans, invitations, access } = (await (await reopen()).load()).house;
      assert.deepEqual([bans, invitations, access], [[], [], 'open']);
    });

    it('makes a name nobody’s, for another key to have', async (t) => {
      const { store, reopen } = await open(t);
      await store.write([
        ...bound,
        { type: 'nameReleased', name: 'Bob' },
        { type: 'nameBound', name: 'bob', identity: eve },
      ]);
      assert.deepEqual((await (await reopen()).load()).names, [
        { name: 'Ann', identity: ann },
        { name: 'Bobby', identity: bob },
        { name: 'bob', identity: eve },
      ]);
    });

    it('comes to what the hub comes to, whatever changes there are', async (t) => {
      const identity = fc.constantFrom(ann, bob, eve);
      const known = fc.constantFrom('Ann', '');
      const id = fc.constantFrom('aaaaaaaa', 'bbbbbbbb');
      const change: fc.Arbitrary<HouseChange> = fc.oneof(
        fc.record({ type: fc.constant('operatorAdded' as const), identity, name: known }),
        fc.record({ type: fc.constant('operatorRemoved' as const), identity }),
        fc.record({
          type: fc.constant('keyBanned' as const),
          identity,
          name: known,
          reason: known,
          by: known,
          atMs: fc.nat(),
        }),
        fc.record({ type: fc.constant('keyUnbanned' as const), identity }),
        fc.record({
          type: fc.constant('accessChanged' as const),
          access: fc.constantFrom(...accessModes),
          admitsKnown: fc.boolean(),
        }),
        fc.record({
          type: fc.constant('keyAdmitted' as const),
          identity,
          name: known,
          invitation: fc.oneof(id, fc.constant('')),
        }),
        fc.record({ type: fc.constant('keyDismissed' as const), identity }),
        fc.record({ type: fc.constant('invitationEnded' as const), id }),
      );
      const { store } = await open(t);
      await store.write(bound);
      const house = new House(openHouse);
      const names = [ann, bob].map((key, at) => ({
        identity: key,
        name: ['Ann', 'Bob'][at] ?? '',
      }));
      for (const made of ['aaaaaaaa', 'bbbbbbbb']) {
        const created = {
          type: 'invitationCreated',
          id: made,
          usesLeft: 2,
          ...invitation,
        } as const;
        await store.write([created]);
        house.apply(created, names);
      }
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
          await store.write(changes);
          for (const each of changes) house.apply(each, names);
          assert.deepEqual((await store.load()).house, house.stored);
        }),
        { numRuns: 60 },
      );
    });

    it('begins open and nobody’s', async (t) => {
      const { store } = await open(t);
      assert.deepEqual((await store.load()).house, nothingStored.house);
    });
  });
}
