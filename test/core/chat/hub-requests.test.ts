import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { outcome, populated, processId, type TestClient, type World } from './world.ts';

/** A client in one of the states in which requests can arrive, in a world with groups "g" and "h". */
const states = {
  'not registered': (world) => world.connect(9),
  'registered, in no group': (world) => world.join('ann', 9),
  'a member of g': (world) => {
    const ann = world.join('ann', 9);
    ann.ask({ type: 'joinGroup', group: 'g' });
    return ann;
  },
  'removed from g': (world) => {
    const ann = world.join('ann', 9);
    ann.ask({ type: 'joinGroup', group: 'g' });
    ann.unresponsive();
    ann.probed(true);
    return ann;
  },
  'auxiliary to a member of g': (world) => {
    world.join('ann', 9).ask({ type: 'joinGroup', group: 'g' });
    return world.join('ann', 9, { auxiliary: true });
  },
  'auxiliary to an absent name': (world) => world.join('ann', 9, { auxiliary: true }),
  'waiting for a probe': (world) => {
    world.join('ann', 9);
    const claimant = world.connect(9);
    claimant.register('ann', { processId: processId(77) });
    return claimant;
  },
} satisfies Record<string, (world: World) => TestClient>;

type State = keyof typeof states;

const requests = {
  register: (client: TestClient) => client.register('ann', { processId: client.process }),
  deregister: (client: TestClient) => client.ask({ type: 'deregister' }),
  createGroup: (client: TestClient) => client.ask({ type: 'createGroup', group: 'new' }),
  listGroups: (client: TestClient) => client.ask({ type: 'listGroups', after: 0 }),
  joinGroup: (client: TestClient) => client.ask({ type: 'joinGroup', group: 'g' }),
  leaveGroup: (client: TestClient) => client.ask({ type: 'leaveGroup', group: 'g' }),
  listMembers: (client: TestClient) => client.ask({ type: 'listMembers', group: 'g', after: 0 }),
  sendGroup: (client: TestClient) => client.send('g', 'hello', 1),
  reportUnanswered: (client: TestClient) => client.ask({ type: 'reportUnanswered', name: 'bob' }),
  confirm: (client: TestClient) => {
    client.tell({ type: 'confirm', conversation: 1, seq: 1 });
    return undefined;
  },
} as const;

type Kind = keyof typeof requests;

const no = 'NOT_REGISTERED';
const expected: Readonly<Record<Kind, Readonly<Record<State, string>>>> = {
  register: row(
    'welcome',
    'BAD_REQUEST',
    'BAD_REQUEST',
    'BAD_REQUEST',
    'BAD_REQUEST',
    'BAD_REQUEST',
    'BAD_REQUEST',
  ),
  deregister: row(no, 'done', 'done', 'done', 'done', 'done', no),
  createGroup: row(no, 'done', 'done', 'done', 'done', 'done', no),
  listGroups: row(no, 'groupList', 'groupList', 'groupList', 'groupList', 'groupList', no),
  joinGroup: row(no, 'joined', 'ALREADY_MEMBER', 'joined', 'BAD_REQUEST', 'BAD_REQUEST', no),
  leaveGroup: row(no, 'NOT_MEMBER', 'done', 'REMOVED_FROM_GROUP', 'BAD_REQUEST', 'BAD_REQUEST', no),
  listMembers: row(
    no,
    'NOT_MEMBER',
    'memberList',
    'REMOVED_FROM_GROUP',
    'memberList',
    'NOT_MEMBER',
    no,
  ),
  sendGroup: row(
    no,
    'NOT_MEMBER',
    'committed',
    'REMOVED_FROM_GROUP',
    'committed',
    'NOT_MEMBER',
    no,
  ),
  reportUnanswered: row(no, 'done', 'done', 'done', 'done', 'done', no),
  confirm: row(...Array<string>(7).fill('silence')),
};

function row(...outcomes: readonly string[]): Readonly<Record<State, string>> {
  const entries = Object.keys(states).map((state, at) => [state, outcomes[at] ?? 'missing']);
  return Object.fromEntries(entries);
}

describe('every request in every state', () => {
  for (const [kind, outcomes] of Object.entries(expected)) {
    for (const [state, wanted] of Object.entries(outcomes)) {
      it(`answers ${kind} of a client that is ${state} with ${wanted}`, () => {
        const world = populated();
        // Both keys come from the tables above.
        const client = states[state as State](world);
        const before = world.hub.snapshot();
        const answer = requests[kind as Kind](client);
        assert.equal(outcome(answer), wanted);
        const changesNothing = answer?.type === 'refused' && wanted !== 'REMOVED_FROM_GROUP';
        if (changesNothing) assert.deepEqual(world.hub.snapshot(), before);
      });
    }
  }
});

describe('refusals', () => {
  const cases: readonly (readonly [string, string, (world: World, ann: TestClient) => unknown])[] =
    [
      [
        'GROUP_EXISTS',
        'a group of that name in another case',
        (_, ann) => ann.ask({ type: 'createGroup', group: 'G' }),
      ],
      [
        'GROUP_NAME_INVALID',
        'a group name that is none',
        (_, ann) => ann.ask({ type: 'createGroup', group: 'a b' }),
      ],
      [
        'GROUP_UNKNOWN',
        'joining a group that is not there',
        (_, ann) => ann.ask({ type: 'joinGroup', group: 'x' }),
      ],
      [
        'NOT_MEMBER',
        'leaving a group that is not there',
        (_, ann) => ann.ask({ type: 'leaveGroup', group: 'x' }),
      ],
      [
        'USER_UNKNOWN',
        'a report of nobody',
        (_, ann) => ann.ask({ type: 'reportUnanswered', name: 'x' }),
      ],
      [
        'GROUP_LIMIT',
        'a second group',
        (_, ann) => {
          ann.ask({ type: 'joinGroup', group: 'g' });
          return ann.ask({ type: 'joinGroup', group: 'h' });
        },
      ],
      [
        'TOO_MANY_HOPS',
        'an eighth hop',
        (_, ann) => {
          ann.ask({ type: 'joinGroup', group: 'g' });
          return ann.send('g', 'hi', 1, 8);
        },
      ],
      [
        'MESSAGE_TOO_LONG',
        'more than 60,000 bytes',
        (_, ann) => {
          ann.ask({ type: 'joinGroup', group: 'g' });
          return ann.send('g', 'é'.repeat(30_001), 1);
        },
      ],
      [
        'BAD_REQUEST',
        'a message id of another process',
        (_, ann) => {
          ann.ask({ type: 'joinGroup', group: 'g' });
          ann.process = processId(99);
          return ann.send('g', 'hi', 1);
        },
      ],
      [
        'BAD_REQUEST',
        'a message id beyond 2^53',
        (_, ann) => {
          ann.ask({ type: 'joinGroup', group: 'g' });
          const mid = new Uint8Array(16).fill(0xff);
          mid.set(ann.process);
          return ann.ask({ type: 'sendGroup', group: 'g', mid, hops: 0, text: '' });
        },
      ],
    ];
  for (const [code, claim, provoke] of cases) {
    it(`refuses ${claim}: ${code}`, () => {
      const world = populated();
      const ann = world.join('ann', 9);
      const answer = provoke(world, ann);
      // Every case returns what the hub answered.
      assert.equal(outcome(answer as Parameters<typeof outcome>[0]), code);
    });
  }

  it('accepts 60,000 bytes and seven hops', () => {
    const world = populated();
    const ann = world.join('ann', 9);
    ann.ask({ type: 'joinGroup', group: 'g' });
    assert.equal(outcome(ann.send('g', 'é'.repeat(30_000), 1, 7)), 'committed');
  });

  it('says what failed with which value', () => {
    const answer = populated().join('ann', 9).ask({ type: 'joinGroup', group: 'nope' });
    assert.ok(answer?.type === 'refused');
    assert.equal(answer.detail, 'there is no group "nope"');
  });
});
