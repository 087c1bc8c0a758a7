/** The part of Banter's public API for what keeps a database of its own: opened the one way, with codes for what goes wrong. */

export { checkpoint } from './store/checkpoint.ts';
export { makePrivateFile } from './store/private-files.ts';
export {
  guarded,
  inTransaction,
  openForReading,
  openForWriting,
  pragma,
} from './store/sqlite-database.ts';
