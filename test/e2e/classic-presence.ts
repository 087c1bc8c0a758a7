/** The first half of the classic story: everybody is there. */

import { groups, invalid, type Scene, starting, starts, table, types } from './classic-scene.ts';

/** The server starts, and three clients register. */
export const arrivals: readonly Scene[] = [
  {
    happens: { type: 'serverStarts' },
    read: [{ who: 'server', lines: ['>>> Server is online'] }],
  },
  starts('X', [
    { who: 'server', lines: table('>>> ', { X: true }) },
    {
      who: 'X',
      lines: [...starting, '>>> Welcome, You are registered.', ...table('>>> ', { X: true })],
    },
  ]),
  starts('Y', [
    { who: 'server', lines: table('>>> ', { X: true, Y: true }) },
    { who: 'X', lines: table('>>> ', { X: true, Y: true }) },
    {
      who: 'Y',
      lines: [
        ...starting,
        '>>> Welcome, You are registered.',
        ...table('>>> ', { X: true, Y: true }),
      ],
    },
  ]),
  starts('Z', [
    { who: 'server', lines: table('>>> ', { X: true, Y: true, Z: true }) },
    { who: 'X', lines: table('>>> ', { X: true, Y: true, Z: true }) },
    { who: 'Y', lines: table('>>> ', { X: true, Y: true, Z: true }) },
    {
      who: 'Z',
      lines: [
        ...starting,
        '>>> Welcome, You are registered.',
        ...table('>>> ', { X: true, Y: true, Z: true }),
      ],
    },
  ]),
];

/** Private messages, commands outside a group, and what is refused there. */
export const outside: readonly Scene[] = [
  types(
    'X',
    ['send Y hello,  I am X', 'send Nobody hello', 'send X to myself'],
    [
      {
        who: 'X',
        lines: [
          '>>> Message received by Y.',
          '>>> User Nobody does not exist',
          '>>> X: to myself',
          '>>> Message received by X.',
        ],
      },
      { who: 'Y', lines: ['>>> X: hello,  I am X'] },
    ],
  ),
  types(
    'X',
    ['send_group hello', 'list_members', 'leave_group', 'hello', '', 'SEND Y hello'],
    [{ who: 'X', lines: [invalid, invalid, invalid, invalid, invalid, invalid] }],
  ),
  types(
    'X',
    ['send', 'send Y', 'create_group', 'join_group', 'dereg', 'dereg Y'],
    [{ who: 'X', lines: [invalid, invalid, invalid, invalid, invalid, invalid] }],
  ),
  types(
    'X',
    ['list_groups', 'create_group roomA', 'create_group roomA', 'create_group roomB;'],
    [
      {
        who: 'X',
        lines: [
          '>>> No available group right now',
          '>>> Group roomA created by Server.',
          '>>> Group roomA already exists.',
          ">>> Group name should not contain ';'. Try again.",
        ],
      },
      {
        who: 'server',
        lines: [
          '>>> Client X requested listing groups, current groups:',
          '>>> Client X created group roomA successfully',
          ...groups("'roomA': set()"),
          '>>> Client X creating group roomA failed, group already exists',
        ],
      },
    ],
  ),
  types(
    'X',
    ['create_group roomB', 'join_group roomC', 'list_groups'],
    [
      {
        who: 'X',
        lines: [
          '>>> Group roomB created by Server.',
          '>>> Group roomC does not exist',
          '>>> Available group chats:',
          '>>> roomA',
          '>>> roomB',
        ],
      },
      {
        who: 'server',
        lines: [
          '>>> Client X created group roomB successfully',
          ...groups("'roomA': set(), 'roomB': set()"),
          '>>> Client X joining group roomC failed, group does not exist',
          '>>> Client X requested listing groups, current groups:',
          '>>> roomA',
          '>>> roomB',
        ],
      },
    ],
  ),
];

/** Three clients in a group, and what is refused there. */
export const inside: readonly Scene[] = [
  types(
    'X',
    ['join_group roomA', 'send_group hello everyone'],
    [
      {
        who: 'X',
        lines: ['>>> Entered group roomA successfully', '>>> (roomA) Message received by Server.'],
      },
      {
        who: 'server',
        lines: [
          '>>> Client X joined group roomA',
          ...groups("'roomA': {'X'}, 'roomB': set()"),
          '>>> Client X sent group message: hello everyone',
        ],
      },
    ],
  ),
  types(
    'Y',
    ['join_group roomA', 'send_group hello; I am Y'],
    [
      {
        who: 'Y',
        lines: ['>>> Entered group roomA successfully', '>>> (roomA) Message received by Server.'],
      },
      { who: 'X', lines: ['>>> (roomA) Group_Message Y: hello; I am Y'] },
      {
        who: 'server',
        lines: [
          '>>> Client Y joined group roomA',
          ...groups("'roomA': {'X', 'Y'}, 'roomB': set()"),
          '>>> Client Y sent group message: hello; I am Y',
        ],
      },
    ],
  ),
  types(
    'Y',
    ['create_group roomD', 'list_groups', 'join_group roomB', 'send X hello', 'send_group'],
    [
      {
        who: 'Y',
        lines: [1, 2, 3, 4, 5].map(() => '>>> (roomA) Invalid command'),
      },
    ],
  ),
  types(
    'Z',
    ['join_group roomA', 'list_members', 'send_group nice to meet you all', 'leave_group'],
    [
      {
        who: 'Z',
        lines: [
          '>>> Entered group roomA successfully',
          '>>> (roomA) Members in the group roomA:',
          '>>> (roomA) X',
          '>>> (roomA) Y',
          '>>> (roomA) Z',
          '>>> (roomA) Message received by Server.',
          '>>> Leave group chat roomA',
        ],
      },
      { who: 'X', lines: ['>>> (roomA) Group_Message Z: nice to meet you all'] },
      { who: 'Y', lines: ['>>> (roomA) Group_Message Z: nice to meet you all'] },
      {
        who: 'server',
        lines: [
          '>>> Client Z joined group roomA',
          ...groups("'roomA': {'X', 'Y', 'Z'}, 'roomB': set()"),
          '>>> Client Z requested listing members of group roomA:',
          '>>> X',
          '>>> Y',
          '>>> Z',
          '>>> Client Z sent group message: nice to meet you all',
          '>>> Client Z left group',
          ...groups("'roomA': {'X', 'Y'}, 'roomB': set()"),
        ],
      },
    ],
  ),
];

/** Private messages that wait until their reader leaves the group, or the chat. */
export const heldBack: readonly Scene[] = [
  types(
    'Z',
    ['send X when you are out', 'send X or later'],
    [{ who: 'Z', lines: ['>>> Message received by X.', '>>> Message received by X.'] }],
  ),
  types(
    'X',
    ['leave_group', 'join_group roomA'],
    [
      {
        who: 'X',
        lines: [
          '>>> Leave group chat roomA',
          '>>> Z: when you are out',
          '>>> Z: or later',
          '>>> Entered group roomA successfully',
        ],
      },
      {
        who: 'server',
        lines: [
          '>>> Client X left group',
          ...groups("'roomA': {'Y'}, 'roomB': set()"),
          '>>> Client X joined group roomA',
          ...groups("'roomA': {'Y', 'X'}, 'roomB': set()"),
        ],
      },
    ],
  ),
  types('Z', ['send X farewell'], [{ who: 'Z', lines: ['>>> Message received by X.'] }]),
  types(
    'X',
    ['dereg Y', 'dereg X', 'list_groups'],
    [
      {
        who: 'X',
        lines: ['>>> (roomA) Invalid command', '>>> You are Offline. Bye.', '>>> Z: farewell'],
        exit: 0,
      },
      { who: 'Y', lines: table('>>> (roomA) ', { X: false, Y: true, Z: true }) },
      { who: 'Z', lines: table('>>> ', { X: false, Y: true, Z: true }) },
      {
        who: 'server',
        lines: [
          '>>> Client X left group',
          ...groups("'roomA': {'Y'}, 'roomB': set()"),
          ...table('>>> ', { X: false, Y: true, Z: true }),
        ],
      },
    ],
  ),
];
