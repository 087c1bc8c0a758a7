/** The second half of the classic story: somebody is not there. */

import { groups, invalid, type Scene, signals, starting, table, types } from './classic-scene.ts';

/** Somebody has gone, and somebody else stops answering the group. */
export const absences: readonly Scene[] = [
  types(
    'Z',
    ['send X are you still there?', 'join_group roomA'],
    [
      {
        who: 'Z',
        lines: [
          '>>> No ACK from X, message not delivered',
          '>>> Report this issue to server',
          '>>> Entered group roomA successfully',
        ],
      },
      {
        who: 'server',
        lines: [
          '>>> Client Z joined group roomA',
          ...groups("'roomA': {'Y', 'Z'}, 'roomB': set()"),
        ],
      },
    ],
  ),
  signals('Z', 'SIGSTOP', []),
  types(
    'Y',
    ['send_group who is there?'],
    [
      {
        who: 'Y',
        lines: [
          '>>> (roomA) Message received by Server.',
          ...table('>>> (roomA) ', { X: false, Y: true, Z: false }),
        ],
      },
      {
        who: 'server',
        lines: [
          '>>> Client Y sent group message: who is there?',
          '>>> Client Z not responsive, removed from roomA',
          ...groups("'roomA': {'Y'}, 'roomB': set()"),
          ...table('>>> ', { X: false, Y: true, Z: false }),
        ],
      },
    ],
  ),
  signals('Z', 'SIGCONT', [
    { who: 'server', lines: table('>>> ', { X: false, Y: true, Z: true }) },
    { who: 'Y', lines: table('>>> (roomA) ', { X: false, Y: true, Z: true }) },
    {
      who: 'Z',
      lines: [
        '>>> (roomA) Group_Message Y: who is there?',
        ...table('>>> (roomA) ', { X: false, Y: true, Z: false }),
        ...table('>>> (roomA) ', { X: false, Y: true, Z: true }),
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

/** A member leaves the group. */
export const departure: Scene = types(
  'Y',
  ['leave_group'],
  [
    { who: 'Y', lines: ['>>> Leave group chat roomA'] },
    {
      who: 'server',
      lines: ['>>> Client Y left group', ...groups("'roomA': set(), 'roomB': set()")],
    },
  ],
);

/** A private message to somebody who does not answer, which the server sees for itself. */
export const unanswered: readonly Scene[] = [
  signals('Z', 'SIGSTOP', []),
  types(
    'Y',
    ['send Z hello?'],
    [
      {
        who: 'Y',
        lines: [
          '>>> No ACK from Z, message not delivered',
          '>>> Report this issue to server',
          ...table('>>> ', { X: false, Y: true, Z: false }),
        ],
      },
      { who: 'server', lines: table('>>> ', { X: false, Y: true, Z: false }) },
    ],
  ),
  signals('Z', 'SIGCONT', [
    { who: 'server', lines: table('>>> ', { X: false, Y: true, Z: true }) },
    { who: 'Y', lines: table('>>> ', { X: false, Y: true, Z: true }) },
    {
      who: 'Z',
      lines: [
        ...table('>>> ', { X: false, Y: true, Z: false }),
        ...table('>>> ', { X: false, Y: true, Z: true }),
      ],
    },
  ]),
];

/** Names that have been used are taken, whether their owner is there or not. */
export const strangers: readonly Scene[] = ['X', 'Y'].map((name) => ({
  happens: { type: 'clientStarts', who: `another ${name}`, name },
  read: [
    {
      who: `another ${name}`,
      lines: [...starting, '>>> Someone has already used this name. Try another one.'],
      exit: 1,
    },
  ],
}));

/** So is an address. */
export const neighbour: Scene = {
  happens: { type: 'clientStarts', who: 'W', name: 'W', at: 'Y' },
  read: [
    {
      who: 'W',
      lines: [
        ...starting,
        '>>> Someone has already used this (IP, port) combination. Try another one.',
      ],
      exit: 1,
    },
  ],
};

/** The server goes; private messages go on. */
export const downfall: readonly Scene[] = [
  types(
    'Y',
    ['join_group roomB'],
    [
      { who: 'Y', lines: ['>>> Entered group roomB successfully'] },
      {
        who: 'server',
        lines: ['>>> Client Y joined group roomB', ...groups("'roomA': set(), 'roomB': {'Y'}")],
      },
    ],
  ),
  signals('server', 'SIGTERM', [{ who: 'server', lines: [], exit: 143 }]),
  types('Z', ['send Y the server is gone'], [{ who: 'Z', lines: ['>>> Message received by Y.'] }]),
  types(
    'Y',
    ['send_group hello?', 'list_members'],
    [
      {
        who: 'Y',
        lines: [
          '>>> (roomB) Server not responding',
          '>>> (roomB) Exiting',
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
