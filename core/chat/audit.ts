/** The audit trail: what those with power over others have done with it. */

/** Entries that a store keeps at least; beyond, it may let the oldest go. */
export const auditEntriesMax = 10_000;

/** One act. Names are as they were first spelt. */
export interface AuditEntry {
  /** Milliseconds since the epoch by the server's clock. */
  readonly atMs: number;
  /** Who did it: a name, or an operator as the server calls it. */
  readonly by: string;
  /** What was done, as the command for it is called: `kick`, `ban`, `role`, … */
  readonly action: string;
  readonly group?: string;
  /** Whom it was done to. */
  readonly target?: string;
  /** The reason that was given, or what a setting is now; never a secret. */
  readonly detail?: string;
}
