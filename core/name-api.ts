/** The part of Banter's public API that says what may be a name, for who needs nothing else of the chat. */

export { checkName, foldName } from './chat/names.ts';
