/** How a failed command ends: what is said, and with which exit code. */

import { inspect } from 'node:util';
import { BanterError, type ErrorCode } from '../core/error-api.ts';
import { safeOutput, safeText } from './safe-text.ts';

/** The exit codes of every command; a signal's is 128 and its number. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, lost: 3, refused: 4 } as const;

const codes: { readonly [Code in ErrorCode]?: number } = {
  NAME_INVALID: exitCodes.usage,
  GROUP_NAME_INVALID: exitCodes.usage,
  ADDRESS_INVALID: exitCodes.usage,
  OPTION_INVALID: exitCodes.usage,
  DATA_UNUSABLE: exitCodes.usage,
  DATA_DAMAGED: exitCodes.usage,
  DATA_TOO_NEW: exitCodes.usage,
  PLUGIN_INVALID: exitCodes.usage,
  PLUGIN_CHANGED: exitCodes.refused,
  PACKAGE_UNAVAILABLE: exitCodes.lost,
  INTEGRITY_MISMATCH: exitCodes.refused,
  SERVER_UNREACHABLE: exitCodes.lost,
  CONNECTION_LOST: exitCodes.lost,
  VERSION_UNSUPPORTED: exitCodes.lost,
  NAME_TAKEN: exitCodes.refused,
  NAME_CONFUSABLE: exitCodes.refused,
  NOT_OPERATOR: exitCodes.refused,
  BANNED_FROM_SERVER: exitCodes.refused,
  NOT_ADMITTED: exitCodes.refused,
  INVITATION_INVALID: exitCodes.refused,
  OPERATOR_STAYS: exitCodes.refused,
  IS_OPERATOR: exitCodes.refused,
  KICKED_FROM_SERVER: exitCodes.refused,
  NAME_RELEASED: exitCodes.refused,
  NAME_PRESENT: exitCodes.refused,
  ADDRESS_TAKEN: exitCodes.refused,
  SERVER_FULL: exitCodes.refused,
  SERVER_KEY_CHANGED: exitCodes.refused,
  PEER_KEY_CHANGED: exitCodes.refused,
  PERMISSION_DENIED: exitCodes.refused,
  PERMISSION_NOT_GRANTED: exitCodes.refused,
};

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof BanterError ? codes[error.code] : undefined;
  return code ?? exitCodes.failed;
}

/** The error in one line and its remedy in a second; the stack too if asked for. Harmless on a terminal. */
export function explain(error: unknown, debug: boolean): string {
  const remedy = error instanceof BanterError ? `\n       ${error.remedy}` : '';
  const message = error instanceof Error ? error.message : inspect(error);
  const stack = debug && error instanceof Error ? `\n${safeOutput(inspect(error))}` : '';
  return `error: ${safeText(message)}${remedy}${stack}\n`;
}
