/** The story of the classic profile: who types what, and every line that anybody reads, in order. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { temporaryHome } from '../support/home.ts';
import { type ChildProgram, startNode } from '../support/processes.ts';

/** What stands between the processes of a story. */
export interface StoryOptions {
  /** Tells under which port the others know the process at a port. */
  readonly route: (port: number) => Promise<number>;
}

/** What somebody reads next; `exit` is the exit code of the process thereafter. */
interface Reading {
  readonly who: string;
  readonly lines: readonly string[];
  readonly exit?: number;
}

/** Something that happens, and everything that is read before the next thing does. */
interface Scene {
  readonly happens:
    | { readonly type: 'serverStarts' }
    /** `at` names somebody whose client port it takes. */
    | {
        readonly type: 'clientStarts';
        readonly who: string;
        readonly name: string;
        readonly at?: string;
      }
    /** Everything at once, whatever has been answered. */
    | { readonly type: 'types'; readonly who: string; readonly lines: readonly string[] }
    | { readonly type: 'signal'; readonly who: string; readonly signal: NodeJS.Signals };
  readonly read: readonly Reading[];
}

/** The executable of the classic forms. */
export const classicProgram: string = join(import.meta.dirname, 'classic-fixture.ts');

const starting = ['>>> Client start listening', '>>> Registration request sent'];
const invalid = '>>> Invalid command';

/** A table of clients as everybody prints it; `{X}` stands for the port under which the others know X. */
function table(prefix: string, online: Readonly<Record<string, boolean>>): readonly string[] {
  const rows = Object.entries(online).map(
    ([name, is]) =>
      `'${name}': {'ip': '127.0.0.1', 'port': {${name}}, 'online': ${is ? 'True' : 'False'}}`,
  );
  return [`${prefix}Client table updated.`, `{${rows.join(', ')}}`];
}

function groups(rows: string): readonly string[] {
  return ['>>> Group table updated.', `{${rows}}`];
}

function types(who: string, lines: readonly string[], read: Scene['read']): Scene {
  return { happens: { type: 'types', who, lines }, read };
}

function starts(who: string, read: Scene['read']): Scene {
  return { happens: { type: 'clientStarts', who, name: who }, read };
}

function signals(who: string, signal: NodeJS.Signals, read: Scene['read']): Scene {
  return { happens: { type: 'signal', who, signal }, read };
}

const arrivals: readonly Scene[] = [
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

const outside: readonly Scene[] = [
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

const inside: readonly Scene[] = [
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

const heldBack: readonly Scene[] = [
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

const absences: readonly Scene[] = [
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

const departure: Scene = types(
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

const unanswered: readonly Scene[] = [
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

const strangers: readonly Scene[] = ['X', 'Y'].map((name) => ({
  happens: { type: 'clientStarts', who: `another ${name}`, name },
  read: [
    {
      who: `another ${name}`,
      lines: [...starting, '>>> Someone has already used this name. Try another one.'],
      exit: 1,
    },
  ],
}));

const neighbour: Scene = {
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

const downfall: readonly Scene[] = [
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

const story: readonly Scene[] = [
  ...arrivals,
  ...outside,
  ...inside,
  ...heldBack,
  ...absences,
  departure,
  // While these come and go, everything that Z owes the server is acknowledged: it is stopped with no silence begun.
  ...strangers,
  neighbour,
  ...unanswered,
  ...downfall,
];

/** Plays the story with real processes; fails at the first line that is missing, and at the end for every one too many. */
export async function playStory(t: TestContext, options: StoryOptions): Promise<void> {
  const stage = new Stage(t, options);
  for (const scene of story) await stage.play(scene);
  stage.compare();
}

/** Somebody in the story. */
interface Actor {
  readonly program: ChildProgram;
  readonly port: number;
  /** What should have been printed so far. */
  expected: string;
}

class Stage {
  readonly #t: TestContext;
  readonly #route: StoryOptions['route'];
  readonly #actors = new Map<string, Actor>();
  /** Under which port the others know somebody. */
  readonly #shownPorts = new Map<string, number>();

  constructor(t: TestContext, { route }: StoryOptions) {
    this.#t = t;
    this.#route = route;
  }

  async play({ happens, read }: Scene): Promise<void> {
    switch (happens.type) {
      case 'serverStarts':
        await this.#startServer();
        break;
      case 'clientStarts':
        await this.#startClient(happens.who, happens.name, happens.at);
        break;
      case 'types':
        for (const line of happens.lines) this.#actor(happens.who).program.write(line);
        break;
      case 'signal':
        this.#actor(happens.who).program.signal(happens.signal);
        break;
    }
    await Promise.all(read.map((reading) => this.#read(reading)));
  }

  compare(): void {
    for (const { program, expected } of this.#actors.values()) {
      assert.equal(program.output, expected);
    }
  }

  async #startServer(): Promise<void> {
    const port = await freePort();
    this.#shownPorts.set('server', await this.#route(port));
    this.#start('server', ['-s', `${port}`], port);
  }

  async #startClient(who: string, name: string, at: string | undefined): Promise<void> {
    const port = at === undefined ? await freePort() : this.#actor(at).port;
    if (at === undefined) this.#shownPorts.set(who, await this.#route(port));
    const server = `${this.#shownPorts.get('server')}`;
    this.#start(who, ['-c', name, 'localhost', server, `${port}`], port);
  }

  #start(who: string, args: readonly string[], port: number): void {
    const program = startNode(temporaryHome(this.#t), [classicProgram, ...args]);
    this.#actors.set(who, { program, port, expected: '' });
  }

  async #read({ who, lines, exit }: Reading): Promise<void> {
    const actor = this.#actor(who);
    const ports = (line: string): string =>
      line.replace(/\{(\w)\}/g, (_, name: string) => `${this.#shownPorts.get(name)}`);
    const text = lines.map((line) => `${ports(line)}\n`).join('');
    const after = actor.expected.length;
    actor.expected += text;
    if (text !== '') await actor.program.waitFor(text, after);
    if (exit === undefined) return;
    assert.equal((await actor.program.exit()).code, exit, who);
  }

  #actor(who: string): Actor {
    const actor = this.#actors.get(who);
    assert.ok(actor !== undefined, who);
    return actor;
  }
}
