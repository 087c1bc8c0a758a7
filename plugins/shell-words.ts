/** What a message tells to type, as a shell takes it. */

/** A plugin as it can be named in whatever folder somebody types: a relative path would mean another file elsewhere. */
export function nameAnywhere(spec: string, file: string): string {
  return quoted(file.endsWith(`/${spec}`) || spec.includes('/') ? file : spec);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
