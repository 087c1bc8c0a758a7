/** Makes `import` usable where V8 evaluates code without a module: statements and calls become calls of one function. */

/** The key of the global function that does the importing. */
export const importerKey: unique symbol = Symbol.for('banter.import');

const importer = 'globalThis[Symbol.for("banter.import")]';

/** The code with `import … from` at its start of a line and every `import(` in code replaced; other code is returned as it is. */
export function rewriteImports(code: string): string {
  if (!code.includes('import')) return code;
  const statement =
    /^(?<indent>[ \t]*)import\s+(?:(?<clause>[\w$*\s{},]+?)\s+from\s+)?(?<specifier>"[^"\n]+"|'[^'\n]+')[ \t]*;?/gm;
  const inCode = codeRanges(code);
  const dynamic = code.replace(/\bimport\s*\(/g, (call, offset: number) =>
    inCode(offset) && !/[.#]\s*$/.test(code.slice(0, offset)) ? `${importer}(` : call,
  );
  const ranges = dynamic === code ? inCode : codeRanges(dynamic);
  return dynamic.replace(statement, (whole, ...rest) => {
    // The last two arguments of a replacer with named groups are the whole string and the groups.
    const groups: Readonly<Record<string, string | undefined>> = rest.at(-1);
    const offset: number = rest.at(-3);
    return ranges(offset) ? staticImport(groups) : whole;
  });
}

function staticImport(groups: Readonly<Record<string, string | undefined>>): string {
  const { indent = '', clause, specifier } = groups;
  const imported = `await ${importer}(${specifier})`;
  if (clause === undefined) return `${indent}${imported};`;
  if (/^type\s+[\w${*]/.test(clause)) return indent;
  const [, name, rest] = /^([\w$]+)?\s*,?\s*(.*)$/s.exec(clause) ?? [];
  const named = rest?.startsWith('{') ? rest.slice(1, -1).replace(/\bas\b/g, ':') : undefined;
  const space = /^\*\s*as\s+([\w$]+)$/.exec(rest ?? '')?.[1];
  if (space !== undefined) {
    const fallback = name === undefined ? '' : `, ${name} = ${space}.default`;
    return `${indent}const ${space} = ${imported}${fallback};`;
  }
  const members = [name === undefined ? '' : `default: ${name}`, named?.trim() ?? ''];
  return `${indent}const { ${members.filter(Boolean).join(', ')} } = ${imported};`;
}

const token =
  /\/\/[^\n]*|\/\*.*?(?:\*\/|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|[`{}]|\/(?![/*])|[\w$]+|[^\s\w$]/gs;
const regularExpression = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const beforeExpression =
  /^(?:[([{},;:=!&|?+\-*%<>~^]|return|typeof|case|in|of|delete|void|throw|new|await|yield|else|do)$/;

/**
 * Says of an offset whether code stands there, rather than a string, template, comment or regular expression.
 * A slash begins a regular expression where an expression is expected; after `)` it is taken for a division.
 */
function codeRanges(code: string): (offset: number) => boolean {
  const hidden: [from: number, to: number][] = [];
  const braces: ('template' | 'block')[] = [];
  let previous = ';';
  const scanner = new RegExp(token.source, token.flags);
  for (let match = scanner.exec(code); match !== null; match = scanner.exec(code)) {
    const [text] = match;
    const closesTemplate = text === '}' && braces.pop() === 'template';
    if (text === '`' || closesTemplate) {
      const end = templateEnd(code, match.index + 1);
      hidden.push([match.index, end.index]);
      if (end.opensExpression) braces.push('template');
      scanner.lastIndex = end.index;
      previous = end.opensExpression ? '{' : 'value';
      continue;
    }
    if (text === '{') braces.push('block');
    if (text === '/' && beforeExpression.test(previous)) {
      regularExpression.lastIndex = match.index;
      const end = match.index + (regularExpression.exec(code)?.[0].length ?? 1);
      regularExpression.lastIndex = 0;
      hidden.push([match.index, end]);
      scanner.lastIndex = end;
      previous = 'value';
      continue;
    }
    const isComment = text.startsWith('//') || text.startsWith('/*');
    if (isComment || /^["']/.test(text)) hidden.push([match.index, scanner.lastIndex]);
    if (!isComment) previous = /^["']/.test(text) ? 'value' : text;
  }
  return (offset) => !hidden.some(([from, to]) => offset >= from && offset < to);
}

/** Where the template text that begins at `from` stops: after its closing backtick, or after the next `${`. */
function templateEnd(code: string, from: number): { index: number; opensExpression: boolean } {
  const stop = /\\.|`|\$\{/gs;
  stop.lastIndex = from;
  for (let match = stop.exec(code); match !== null; match = stop.exec(code)) {
    if (match[0] === '`') return { index: stop.lastIndex, opensExpression: false };
    if (match[0] === '${') return { index: stop.lastIndex, opensExpression: true };
  }
  return { index: code.length, opensExpression: false };
}
