/** The one error class of Banter and the table of its codes with their remedies. */

/**
 * Every code an operation of Banter can fail with.
 * `wire` is the number a refusal carries between server and client (docs/PROTOCOL.md §7); codes without it are local.
 * `remedy` says what a person does next.
 */
export const errorTable = {
  BAD_REQUEST: {
    wire: 1,
    remedy: 'Update the older of client and server: one sent what the other does not know.',
  },
  NOT_REGISTERED: {
    wire: 2,
    remedy: 'Register a name first; a client does so by itself when it connects.',
  },
  NAME_INVALID: {
    wire: 3,
    remedy: 'Choose 1 to 32 letters, digits, "." "_" or "-", all of one script.',
  },
  NAME_TAKEN: { wire: 4, remedy: 'Choose another name: this one belongs to another key.' },
  NAME_PRESENT: {
    wire: 5,
    remedy: 'Close the other client of this name; banter chat takes over with --take-over.',
  },
  ADDRESS_TAKEN: { wire: 6, remedy: 'Choose another client port: somebody online uses this one.' },
  USER_UNKNOWN: { wire: 7, remedy: 'List who is there with "list_users" and check the spelling.' },
  GROUP_NAME_INVALID: {
    wire: 8,
    remedy: 'Choose 1 to 32 letters, digits, "." "_" or "-", all of one script.',
  },
  GROUP_EXISTS: { wire: 9, remedy: 'Join it with "join_group", or choose another name.' },
  GROUP_UNKNOWN: {
    wire: 10,
    remedy: 'List the groups with "list_groups", or create it with "create_group".',
  },
  GROUP_LIMIT: { wire: 11, remedy: 'Leave a group first with "leave_group".' },
  ALREADY_MEMBER: { wire: 12, remedy: 'Nothing to do: who is to join is in this group.' },
  NOT_MEMBER: { wire: 13, remedy: 'Join the group first with "join_group".' },
  REMOVED_FROM_GROUP: {
    wire: 14,
    remedy: 'Join again with "join_group", unless a person has put you out.',
  },
  NOT_WHILE_IN_GROUP: {
    wire: 15,
    remedy: 'Leave the group first: this server keeps private messages outside groups.',
  },
  MESSAGE_TOO_LONG: { wire: 16, remedy: 'Send at most 60,000 bytes of text at a time.' },
  RATE_LIMITED: { wire: 17, remedy: 'Wait and send again, more slowly.' },
  TOO_MANY_HOPS: { wire: 18, remedy: 'Break the loop: bots are answering each other.' },
  SERVER_FULL: {
    wire: 19,
    remedy: 'Try later: the server is at a bound of clients, names or groups.',
  },
  OUTCOME_UNKNOWN: {
    wire: 20,
    remedy: 'Look whether the message arrived before sending it again.',
  },
  STORE_FULL: {
    wire: 21,
    remedy: 'Try again later: the disk of the server is full; its operator has to make room.',
  },
  SEARCH_INVALID: {
    wire: 22,
    remedy: 'Search for words: letters or digits, at most 256 bytes in all.',
  },
  HISTORY_UNREADABLE: {
    wire: 23,
    remedy: 'Try again later: the server cannot read what it has stored; its operator is told.',
  },
  NOT_ALLOWED: {
    wire: 25,
    remedy: 'Ask who may do it: "describe_group" names the owner, "roles" the moderators.',
  },
  BANNED: { wire: 26, remedy: 'Ask a moderator of the group to "unban" the name.' },
  MUTED: { wire: 27, remedy: 'Wait until then, or ask a moderator to "unmute" you.' },
  NO_VOICE: { wire: 28, remedy: 'Ask a moderator for a voice: "role <name> member".' },
  MEMBER_UNKNOWN: {
    wire: 29,
    remedy: 'List who is in the group with "list_members" and check the spelling.',
  },
  BAN_UNKNOWN: { wire: 30, remedy: 'List the bans of the group with "bans".' },
  MUTE_UNKNOWN: { wire: 31, remedy: 'Nothing to do: nobody of this name is muted.' },
  WORDS_TOO_LONG: { wire: 32, remedy: 'Say it in at most 400 bytes.' },
  INVITE_ONLY: { wire: 34, remedy: 'Ask a moderator of the group to "invite" you.' },
  PASSWORD_REQUIRED: {
    wire: 35,
    remedy: 'Join with the password: "join_group <group> <password>".',
  },
  PASSWORD_WRONG: { wire: 36, remedy: 'Ask the owner of the group for the password.' },
  GROUP_NOT_EMPTY: {
    wire: 37,
    remedy: 'Wait until the others have left, or "kick" them; "list_members" names them.',
  },
  LIMIT_REACHED: { wire: 33, remedy: 'Take something back first: the message says what.' },
  MAILBOX_FULL: {
    wire: 40,
    remedy: 'Try again when they were back: the server keeps no more for them until then.',
  },
  PEER_PRESENT: {
    wire: 41,
    remedy: 'Send directly: the server keeps messages for those who are away.',
  },
  NOT_OPERATOR: {
    wire: 45,
    remedy: 'Ask an operator of the server; the first one is named with "banter serve --operator".',
  },
  BANNED_FROM_SERVER: { wire: 46, remedy: 'Talk to an operator of the server by other means.' },
  NOT_ADMITTED: {
    wire: 47,
    remedy:
      'Ask an operator for an invitation and connect once with --invitation, or to allow the key that the message names.',
  },
  INVITATION_INVALID: {
    wire: 48,
    remedy: 'Ask for another invitation: this one is used up, revoked, over, or misspelt.',
  },
  NAME_CONFUSABLE: {
    wire: 49,
    remedy: 'Choose a name that nobody takes for the other one.',
  },
  NOT_LISTED: { wire: 50, remedy: 'Look at the list; nothing had to be changed.' },
  OPERATOR_STAYS: { wire: 51, remedy: 'Add another operator first, or change the configuration.' },
  IS_OPERATOR: { wire: 52, remedy: 'Take the role away first with "operators remove".' },
  KICKED_FROM_SERVER: { remedy: 'Talk to the operator who did it; then connect again.' },
  NAME_RELEASED: { remedy: 'Connect again, under this name if it is still free.' },
  SERVER_UNREACHABLE: { remedy: 'Check address and port, and that "banter serve" runs there.' },
  SERVER_KEY_CHANGED: { remedy: 'If you know why the key changed: "banter trust <server>".' },
  PEER_KEY_CHANGED: {
    remedy: 'Ask the person by other means; then "banter trust <server> <name>".',
  },
  PEER_UNREACHABLE: { remedy: 'Try again later: the peer does not answer.' },
  VERSION_UNSUPPORTED: { remedy: 'Update the older of client and server.' },
  CONNECTION_LOST: { remedy: 'Wait for the client to come back, or check the network.' },
  ABORTED: { remedy: 'Nothing to do: the operation was cancelled.' },
  TIMED_OUT: { remedy: 'Wait longer (timeoutMs), or check that the other side is there.' },
  CLOSED: { remedy: 'Connect again: this client has been closed.' },
  ADDRESS_INVALID: {
    remedy: 'Write host, host:port or [ipv6]:port, optionally with #fingerprint.',
  },
  PORT_IN_USE: { remedy: 'Choose another port with -p, or stop the program that uses it.' },
  OPTION_INVALID: { remedy: 'See the help for the options and their bounds.' },
  DATA_UNUSABLE: { remedy: 'Check that the data folder is yours, writable and not damaged.' },
  DATA_DAMAGED: {
    remedy: 'Keep a copy of the folder as it is, then restore it from a backup.',
  },
  DATA_TOO_NEW: { remedy: 'Update Banter, or restore a backup from before the update.' },
  IMPORT_INVALID: { remedy: 'Correct the line that the message names, or export again.' },
  COMMAND_INVALID: { remedy: 'See ".help" for the commands and their arguments.' },
  SCRIPT_FAILED: { remedy: 'Correct the line that the message names.' },
  HTTP_FAILED: { remedy: 'Look at the address, and try again later.' },
  RECORDING_INVALID: { remedy: 'Record anew: "plugin record <file>", and "plugin record off".' },
  PLUGIN_INVALID: { remedy: 'Correct the plugin at the place that the message names.' },
  PLUGIN_FAILED: { remedy: 'See ".plugins" for the reason; load it again with "plugin load".' },
  PLUGIN_CHANGED: {
    remedy:
      'Install it again with "banter plugin install", or remove it with "banter plugin uninstall".',
  },
  PACKAGE_UNAVAILABLE: {
    remedy:
      'Check name, version, network and the settings of npm; a tarball that you fetch yourself can be installed, too.',
  },
  INTEGRITY_MISMATCH: {
    remedy:
      'Do not use it: somebody has changed it, or what you compare it with. Ask its author; "banter plugin uninstall" forgets the version that is installed.',
  },
  STOPPED_BY_PLUGIN: {
    remedy: 'Say it otherwise, or unload the plugin that the message names; "explain" tells more.',
  },
  STORAGE_FULL: {
    remedy:
      'Delete what the plugin no longer needs, or keep less: the message says which bound it met.',
  },
  STORAGE_BUSY: { remedy: 'Try again: something else kept changing what the plugin keeps.' },
  ASK_TIMEOUT: { remedy: 'Ask again, or with a longer timeoutMs: nobody answered in time.' },
  PERMISSION_DENIED: {
    remedy: 'Add the permission to the manifest of the plugin, or grant it for that group, too.',
  },
  PERMISSION_NOT_GRANTED: {
    remedy:
      'Read what the plugin asks for; grant it as the message says, or do without the plugin.',
  },
} as const;

/** A literal code of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable;

/** What programs catch: match on `code`, show `message`, offer `remedy`. */
export class BanterError extends Error {
  readonly code: ErrorCode;
  /** The values the message speaks of, for programs. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly data?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BanterError';
    this.code = code;
    this.data = options.data ?? {};
  }

  /** What a person does next, and when if that is known. */
  get remedy(): string {
    const { remedy } = errorTable[this.code];
    const { retryWords } = this;
    return retryWords === undefined ? remedy : `${remedy} Try again ${retryWords}.`;
  }

  /** When to try again, such as `in 3 s`; undefined where the server has not said so (`data.retryMs`). */
  get retryWords(): string | undefined {
    const { retryMs } = this.data;
    return typeof retryMs === 'number' ? `in ${timeWords(retryMs)}` : undefined;
  }
}

/** How long something takes, rounded up. */
function timeWords(ms: number): string {
  const found = timeUnits.find(([leastMs]) => ms >= leastMs * 2);
  const [unitMs, unit] = found ?? ([1000, 's'] as const);
  return `${Math.ceil(ms / unitMs)} ${unit}`;
}

/** The largest first; two of a unit are worth it. */
const timeUnits = [
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

const codesByWire: ReadonlyMap<number, ErrorCode> = new Map(
  Object.entries(errorTable).flatMap(([code, entry]) =>
    // The keys of a const table are its codes; Object.entries widens them to string.
    'wire' in entry ? [[entry.wire, code as ErrorCode] as const] : [],
  ),
);

/** The code behind a wire number; a number of a newer version reads as `BAD_REQUEST`. */
export function errorCodeFromWire(wire: number): ErrorCode {
  return codesByWire.get(wire) ?? 'BAD_REQUEST';
}

/** The wire number of a code; `BAD_REQUEST` for one that is local. */
export function errorCodeToWire(code: ErrorCode): number {
  const entry = errorTable[code];
  return 'wire' in entry ? entry.wire : errorTable.BAD_REQUEST.wire;
}
