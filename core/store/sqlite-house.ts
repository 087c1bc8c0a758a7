/** Who runs the server and who may come in, in a database: the statements of each change, and of reading it all. */

import type { StatementSync } from 'node:sqlite';
import type { HouseChange, StoredHouse, StoredKey } from '../chat/house.ts';
import { type AccessMode, accessModes } from '../chat/wire-administration.ts';

/** A row as the database gives it. */
type Row = Readonly<Record<string, unknown>>;

/** What changes are written with. */
export const houseStatements = {
  addOperator: `INSERT INTO operators (identity, name) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name`,
  removeOperator: 'DELETE FROM operators WHERE identity = ?',
  ban: `INSERT INTO bans (identity, name, reason, banned_by, at_ms) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name, reason = excluded.reason,
      banned_by = excluded.banned_by, at_ms = excluded.at_ms`,
  unban: 'DELETE FROM bans WHERE identity = ?',
  setAccess: `INSERT INTO access (id, mode) VALUES (1, ?)
    ON CONFLICT DO UPDATE SET mode = excluded.mode`,
  admitKnown: `INSERT INTO admissions (identity, name)
    SELECT identity, name FROM names WHERE true ORDER BY id ON CONFLICT DO NOTHING`,
  admit: `INSERT INTO admissions (identity, name) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET name = excluded.name`,
  dismiss: 'DELETE FROM admissions WHERE identity = ?',
  invite: `INSERT INTO invitations (invitation, hash, uses_left, expires_at_ms, note, invited_by)
    VALUES (?, ?, ?, ?, ?, ?)`,
  useInvitation: 'UPDATE invitations SET uses_left = uses_left - 1 WHERE invitation = ?',
  endUsedUp: 'DELETE FROM invitations WHERE invitation = ? AND uses_left < 1',
  endInvitation: 'DELETE FROM invitations WHERE invitation = ?',
} as const;

/** What all of it is read with. */
export const houseQueries = {
  operators: 'SELECT identity, name FROM operators ORDER BY id',
  bans: 'SELECT identity, name, reason, banned_by, at_ms FROM bans ORDER BY id',
  access: 'SELECT mode FROM access',
  admissions: 'SELECT identity, name FROM admissions ORDER BY id',
  invitations: `SELECT invitation, hash, uses_left, expires_at_ms, note, invited_by
    FROM invitations ORDER BY id`,
} as const;

interface Batch {
  readonly statements: { readonly [Name in keyof typeof houseStatements]: StatementSync };
}

type Appliers = {
  readonly [Type in HouseChange['type']]: (
    batch: Batch,
    change: Extract<HouseChange, { readonly type: Type }>,
  ) => void;
};

export const houseAppliers: Appliers = {
  operatorAdded: ({ statements }, { identity, name }) => {
    statements.addOperator.run(identity, name);
  },
  operatorRemoved: ({ statements }, { identity }) => {
    statements.removeOperator.run(identity);
  },
  keyBanned: ({ statements }, { identity, name, reason, by, atMs }) => {
    statements.ban.run(identity, name, reason, by, atMs);
  },
  keyUnbanned: ({ statements }, { identity }) => {
    statements.unban.run(identity);
  },
  accessChanged: ({ statements }, { access, admitsKnown }) => {
    statements.setAccess.run(access);
    if (admitsKnown) statements.admitKnown.run();
  },
  keyAdmitted: ({ statements }, { identity, name, invitation }) => {
    statements.admit.run(identity, name);
    statements.useInvitation.run(invitation);
    statements.endUsedUp.run(invitation);
  },
  keyDismissed: ({ statements }, { identity }) => {
    statements.dismiss.run(identity);
  },
  invitationCreated: ({ statements }, { id, hash, usesLeft, expiresAtMs, note, by }) => {
    statements.invite.run(id, hash, usesLeft, expiresAtMs, note, by);
  },
  invitationEnded: ({ statements }, { id }) => {
    statements.endInvitation.run(id);
  },
};

/** All of it. @param all what a query finds */
export function readHouse(all: (query: keyof typeof houseQueries) => readonly Row[]): StoredHouse {
  return {
    operators: all('operators').map(keyOf),
    bans: all('bans').map((row) => ({
      ...keyOf(row),
      reason: String(row['reason']),
      by: String(row['banned_by']),
      atMs: Number(row['at_ms']),
    })),
    access: accessOf(all('access')[0]),
    admissions: all('admissions').map(keyOf),
    invitations: all('invitations').map((row) => ({
      id: String(row['invitation']),
      hash: String(row['hash']),
      usesLeft: Number(row['uses_left']),
      expiresAtMs: Number(row['expires_at_ms']),
      note: String(row['note']),
      by: String(row['invited_by']),
    })),
  };
}

function keyOf(row: Row): StoredKey {
  return { identity: String(row['identity']), name: String(row['name']) };
}

/** Whoever has written something else there meant no open door. */
function accessOf(row: Row | undefined): AccessMode {
  if (row === undefined) return 'open';
  return accessModes.find((mode) => mode === row['mode']) ?? 'allow-list';
}
