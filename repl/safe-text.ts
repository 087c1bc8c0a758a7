/** The one boundary between what others wrote and the terminal: nothing that passes it can control the screen. */

/** How foreign text is shown. */
export interface SafeTextOptions {
  /** Keep line breaks, each continuation indented by two spaces, instead of marking them with `⏎`. Default false. */
  readonly multiline?: boolean;
  /** UTF-16 units shown; the rest is replaced by its count. Default 4000. */
  readonly lengthMax?: number;
}

const escapeCharacter = '\u001b';

// Joiners and the two emoji presentation selectors are invisible too, but Persian, Indic scripts and emoji need them.
const invisible = /[[\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\u200c\u200d\ufe0e\ufe0f]]/gv;
const stackedMarks = /(\p{M}{4})\p{M}+/gu;
const lineBreak = /\r\n|[\n\u2028\u2029]/g;

/**
 * Text of others made harmless: control characters become visible (`␛`, `\x9b`), direction overrides `⟨U+202E⟩`,
 * invisible characters vanish, more than four combining marks in a row are cut, line breaks are marked.
 */
export function safeText(text: string, options: SafeTextOptions = {}): string {
  const lengthMax = options.lengthMax ?? 4000;
  const shown = text.length > lengthMax ? text.slice(0, lengthMax) : text;
  const visible = neutralize(shown.replace(lineBreak, '\n'))
    .replace(/\t/g, '    ')
    .replace(/\n/g, options.multiline === true ? '\n  ' : ' ⏎ ');
  return text.length > lengthMax ? `${visible}… (${text.length - lengthMax} more)` : visible;
}

/**
 * Output of one's own code made harmless: as {@link safeText}, but line breaks, tabs and colours (SGR sequences) stay,
 * and so does its whole length.
 */
export function safeOutput(text: string): string {
  const [head = '', ...rest] = text.replace(/\r\n/g, '\n').split(escapeCharacter);
  return rest.reduce((output, part) => {
    const colour = /^\[[0-9;:]*m/.exec(part)?.[0];
    return colour === undefined
      ? output + neutralize(escapeCharacter + part)
      : output + escapeCharacter + colour + neutralize(part.slice(colour.length));
  }, neutralize(head));
}

function neutralize(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Bidi_Control}/gu, (character) => `⟨U+${hex(character, 4).toUpperCase()}⟩`)
    .replace(/\p{Cc}/gu, picture)
    .replace(invisible, '')
    .replace(stackedMarks, '$1');
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n' || character === '\t') return character;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '␡' : `\\x${hex(character, 2)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
