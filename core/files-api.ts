/** The part of Banter's public API for what keeps files of its own: for their owner's eyes, written whole or not at all. */

export { exclusively } from './store/exclusive.ts';
export { readPrivate, writePrivate } from './store/private-files.ts';
