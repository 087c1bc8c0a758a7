import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  boundsOf,
  type GroupRetention,
  isBeyond,
  readRetention,
  stricterOf,
  tellRetention,
} from '../../../core/chat/retention.ts';

const bound = fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined });
const retention: fc.Arbitrary<GroupRetention> = fc
  .record({ ageMs: bound, messages: bound, bytes: bound })
  .map(boundsOf);

describe('the bounds of a group and those of its server', () => {
  it('together let go of what either lets go of, and of nothing else', () => {
    const message = fc.record({ seq: fc.nat(60), sentAtMs: fc.nat(60) });
    const kept = fc.record({ headSeq: fc.constant(60), bytes: fc.nat(60) });
    fc.assert(
      fc.property(retention, retention, kept, message, (own, server, there, oldest) => {
        const goes = (bounds: GroupRetention): boolean => isBeyond(bounds, there, oldest, 60);
        assert.equal(goes(stricterOf(own, server)), goes(own) || goes(server));
      }),
    );
  });

  it('are read as they were told, none of them as 0', () => {
    fc.assert(
      fc.property(retention, (own) => {
        assert.deepEqual(readRetention(tellRetention(own)), own);
      }),
    );
    assert.deepEqual(tellRetention({}), { keepAgeMs: 0, keepMessages: 0, keepBytes: 0 });
  });
});
