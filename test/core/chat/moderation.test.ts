/** Who may do what to whom in a group (docs/PROTOCOL.md §8, docs/ARCHITECTURE.md). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { leastRoles, type Role, roles } from '../../../core/chat/roles.ts';
import { type Asked, outcome, type TestClient, World } from './world.ts';

/** What somebody can be to a group: a role in it, or nobody in it. */
type Place = Role | 'outsider';
const places: readonly Place[] = ['outsider', ...roles];

/** Two of each, so that each role meets its own; there is one owner. */
const people: Readonly<Record<Place, readonly string[]>> = {
  outsider: ['otto', 'oda'],
  guest: ['gina', 'gus'],
  member: ['mary', 'max'],
  moderator: ['mona', 'mike'],
  owner: ['olga'],
};

const group = 'hall';

interface Scene {
  readonly world: World;
  readonly clients: ReadonlyMap<string, TestClient>;
}

function begin(): Scene {
  const world = new World();
  const names = Object.values(people).flat();
  const clients = new Map(names.map((name, at) => [name, world.join(name, at + 1)]));
  const owner = clients.get('olga');
  assert.ok(owner);
  owner.ask({ type: 'createGroup', group });
  for (const role of roles) {
    for (const name of people[role]) {
      clients.get(name)?.ask({ type: 'joinGroup', group });
      if (role === 'guest' || role === 'moderator') {
        assert.equal(outcome(owner.ask({ type: 'giveRole', group, name, role })), 'done');
      }
    }
  }
  return { world, clients };
}

/** What can be done to somebody: how it is asked, which role it takes, and whether only to members. */
const deeds: Readonly<
  Record<
    string,
    {
      readonly asked: (name: string) => Asked;
      readonly least: Role;
      readonly toMembers?: true;
      /** What is to be done to the target before. */
      readonly before?: (name: string) => Asked;
    }
  >
> = {
  kick: {
    asked: (name) => ({ type: 'kick', group, name, reason: 'r' }),
    least: 'moderator',
    toMembers: true,
  },
  ban: { asked: (name) => ({ type: 'ban', group, name, reason: 'r' }), least: 'moderator' },
  mute: {
    asked: (name) => ({ type: 'mute', group, name, minutes: 5, reason: 'r' }),
    least: 'moderator',
  },
  unmute: {
    asked: (name) => ({ type: 'unmute', group, name }),
    least: 'moderator',
    before: (name) => ({ type: 'mute', group, name, minutes: 0, reason: '' }),
  },
  'give voice': {
    asked: (name) => ({ type: 'giveRole', group, name, role: 'member' }),
    least: 'moderator',
  },
  'take a role': {
    asked: (name) => ({ type: 'giveRole', group, name, role: 'newcomer' }),
    least: 'moderator',
  },
  'make a moderator': {
    asked: (name) => ({ type: 'giveRole', group, name, role: 'moderator' }),
    least: 'owner',
  },
  transfer: {
    asked: (name) => ({ type: 'transferGroup', group, name }),
    least: 'owner',
    toMembers: true,
  },
};

/** An outsider is what a newcomer would be. */
function rank(place: Place): number {
  return roles.indexOf(place === 'outsider' ? 'member' : place);
}

function expected(deed: string, actor: Place, target: Place, isSelf: boolean): string {
  const { least = 'owner', toMembers } = deeds[deed] ?? {};
  if (actor === 'outsider') return 'NOT_MEMBER';
  if (roles.indexOf(actor) < roles.indexOf(least) || isSelf || rank(actor) <= rank(target)) {
    return 'NOT_ALLOWED';
  }
  return toMembers && target === 'outsider' ? 'MEMBER_UNKNOWN' : 'done';
}

describe('in a group', () => {
  for (const [deed, { asked, before }] of Object.entries(deeds)) {
    for (const actor of places) {
      it(`a deed is done or refused by rank: ${deed}, by ${actor}, to everybody`, () => {
        for (const target of places) {
          for (const name of people[target]) {
            const { clients, world } = begin();
            const [by = ''] = people[actor];
            if (before !== undefined) clients.get('olga')?.ask(before(name));
            const audited = world.factsOf('audited').length;
            const was = JSON.stringify(world.hub.snapshot().groups);
            const answer = outcome(clients.get(by)?.ask(asked(name)));
            // An owner is muted by nobody, so that there is nothing to take back.
            const wanted =
              deed === 'unmute' && target === 'owner' && actor !== 'outsider' && rank(actor) >= 2
                ? 'MUTE_UNKNOWN'
                : expected(deed, actor, target, by === name);
            assert.equal(answer, wanted, `${deed} of ${name} by ${by}`);
            if (answer === 'done') {
              assert.equal(world.factsOf('audited').length, audited + 1);
            } else {
              assert.equal(JSON.stringify(world.hub.snapshot().groups), was);
              assert.equal(world.factsOf('audited').length, audited);
            }
          }
        }
      });
    }
  }

  const questions: readonly (readonly [claim: string, asked: Asked, least: Role])[] = [
    ['the bans', { type: 'listBans', group, after: 0 }, leastRoles.ban],
    ['a new topic', { type: 'setTopic', group, text: 't' }, leastRoles.setTopic],
    ['how it is', { type: 'describeGroup', group }, leastRoles.read],
    ['the roles', { type: 'listRoles', group, after: 0 }, leastRoles.read],
    ['a voice', { type: 'mute', group, name: 'gina', minutes: 1, reason: '' }, leastRoles.mute],
  ];
  for (const [claim, asked, least] of questions) {
    it(`${claim} is for a ${least} and above`, () => {
      for (const actor of places) {
        const answer = outcome(
          begin()
            .clients.get(people[actor][0] ?? '')
            ?.ask(asked),
        );
        const isGranted = actor !== 'outsider' && roles.indexOf(actor) >= roles.indexOf(least);
        const refusal = actor === 'outsider' ? 'NOT_MEMBER' : 'NOT_ALLOWED';
        assert.equal(answer === refusal, !isGranted, `${actor}: ${answer}`);
      }
    });
  }

  it('the owner acts from outside, and nobody else does', () => {
    const { clients } = begin();
    const [olga, mona] = [clients.get('olga'), clients.get('mona')];
    for (const client of [olga, mona]) client?.ask({ type: 'leaveGroup', group });
    const kick = { type: 'kick', group, name: 'max', reason: '' } as const;
    assert.equal(outcome(mona?.ask(kick)), 'NOT_MEMBER');
    assert.equal(outcome(olga?.ask(kick)), 'done');
  });

  it('nobody is there to be acted on whose name nobody has, and no group that nobody made', () => {
    const olga = begin().clients.get('olga');
    const kick = { type: 'kick', group, name: 'nobody', reason: '' } as const;
    assert.equal(outcome(olga?.ask(kick)), 'USER_UNKNOWN');
    assert.equal(outcome(olga?.ask({ ...kick, group: 'nowhere' })), 'NOT_MEMBER');
  });
});

describe('docs/ARCHITECTURE.md', () => {
  it('tells for each action the least role that the code asks for', () => {
    const page = readFileSync(new URL('../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8');
    const [, section = ''] = page.split('\n## Order in a group\n');
    const [within = ''] = section.split('\n## ');
    const rows = within.matchAll(/^\| `(\w+)` *\| *(\w+) *\|/gm);
    const told = Object.fromEntries(Array.from(rows, ([, action = '', role]) => [action, role]));
    assert.deepEqual(told, leastRoles);
  });
});
