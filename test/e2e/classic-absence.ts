/** The second half of the classic story: somebody is not there. */

import {
  groups,
  invalid,
  type Scene,
  signals,
  starting,
  starts,
  table,
  types,
} from './classic-scene.ts';

/** Who is known after X has gone and W has come. */
const present = { X: false, Y: true, Z: true, W: true };

/** The same as a newcomer learns it: by the last change of each. */
const asLearnt = { Y: true, Z: true, X: false, W: true };

/** Private messages to somebody who has gone, and to somebody who has crashed, which the server sees for itself. */
export const unanswered: readonly Scene[] = [
  starts('W', [
    { who: 'server', lines: table('>>> ', present) },
    { who: 'Y', lines: table('>>> (roomA) ', present) },
    { who: 'Z', lines: table('>>> ', present) },
    {
      who: 'W',
      lines: [...starting, '>>> Welcome, You are registered.', ...table('>>> ', asLearnt)],
    },
  ]),
  // Meanwhile everything that W owes the server is acknowledged: when it crashes, no silence has begun.
  types(
    'Z',
    ['send X are you still there?'],
    [
      {
        who: 'Z',
        lines: ['>>> No ACK from X, message not delivered', '>>> Report this issue to server'],
      },
    ],
  ),
  signals('W', 'SIGKILL', []),
  types(
    'Z',
    ['send W and you?'],
    [
      {
        who: 'Z',
        lines: [
          '>>> No ACK from W, message not delivered',
          '>>> Report this issue to server',
          ...table('>>> ', { ...present, W: false }),
        ],
      },
      { who: 'Y', lines: table('>>> (roomA) ', { ...present, W: false }) },
      { who: 'server', lines: table('>>> ', { ...present, W: false }) },
    ],
  ),
];

/** Z is a member again. */
export const arrival: Scene = types(
  'Z',
  ['join_group roomA'],
  [
    { who: 'Z', lines: ['>>> Entered group roomA successfully'] },
    {
      who: 'server',
      lines: ['>>> Client Z joined group roomA', ...groups("'roomA': {'Y', 'Z'}, 'roomB': set()")],
    },
  ],
);

/** Names that have been used are taken, whether their owner is there or not; so are addresses in use. */
export const strangers: readonly Scene[] = [
  ...['X', 'Y'].map((name) =>
    refused({ who: `another ${name}`, name }, 'Someone has already used this name.'),
  ),
  refused(
    { who: 'neighbour', name: 'V', at: 'Y' },
    'Someone has already used this (IP, port) combination.',
  ),
];

/** Who is known while Z does not answer. */
const withoutZ = { ...present, W: false, Z: false };
const withZ = { ...withoutZ, Z: true };

/** A member that does not acknowledge a group message, and what it reads when it is back. */
export const absence: readonly Scene[] = [
  signals('Z', 'SIGSTOP', []),
  types(
    'Y',
    ['send_group who is there?'],
    [
      {
        who: 'Y',
        lines: ['>>> (roomA) Message received by Server.', ...table('>>> (roomA) ', withoutZ)],
      },
      {
        who: 'server',
        lines: [
          '>>> Client Y sent group message: who is there?',
          '>>> Client Z not responsive, removed from roomA',
          ...groups("'roomA': {'Y'}, 'roomB': set()"),
          ...table('>>> ', withoutZ),
        ],
      },
    ],
  ),
  signals('Z', 'SIGCONT', [
    { who: 'server', lines: table('>>> ', withZ) },
    { who: 'Y', lines: table('>>> (roomA) ', withZ) },
    {
      who: 'Z',
      lines: [
        '>>> (roomA) Group_Message Y: who is there?',
        ...table('>>> (roomA) ', withoutZ),
        ...table('>>> (roomA) ', withZ),
      ],
    },
  ]),
  types(
    'Z',
    ['send_group back again', 'send_group and outside'],
    [
      {
        who: 'Z',
        lines: [
          ">>> You're already not in the group, because the Server didn't receive your previous ack to a group message.",
          invalid,
        ],
      },
    ],
  ),
];

/** The server goes; private messages go on. */
export const downfall: readonly Scene[] = [
  signals('server', 'SIGTERM', [{ who: 'server', lines: [], exit: 143 }]),
  types('Z', ['send Y the server is gone'], [{ who: 'Z', lines: ['>>> Message received by Y.'] }]),
  types(
    'Y',
    ['send_group hello?', 'list_members'],
    [
      {
        who: 'Y',
        lines: [
          '>>> (roomA) Server not responding',
          '>>> (roomA) Exiting',
          '>>> Z: the server is gone',
        ],
        exit: 1,
      },
    ],
  ),
  types(
    'Z',
    ['dereg Z'],
    [{ who: 'Z', lines: ['>>> Server not responding', '>>> Exiting'], exit: 1 }],
  ),
];

/** Somebody starts a client and is not let in. */
function refused(
  newcomer: { readonly who: string; readonly name: string; readonly at?: string },
  reason: string,
): Scene {
  const lines = [...starting, `>>> ${reason} Try another one.`];
  return {
    happens: { type: 'clientStarts', ...newcomer },
    read: [{ who: newcomer.who, lines, exit: 1 }],
  };
}
