/** What servers and bots print while they run: the time, then a fact. */

/** `12:04:05 ann joined #ops`; `words` are harmless on a terminal already. */
export function logLine(words: string): string {
  return `${new Date().toTimeString().slice(0, 8)} ${words}`;
}
