/** Holds docs/SECURITY.md to the tests that it names. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, it } from 'node:test';

const page = readFileSync(new URL('../../docs/SECURITY.md', import.meta.url), 'utf8');
const testFolder = new URL('../', import.meta.url);

interface Row {
  readonly section: string;
  /** `can` or `cannot`. */
  readonly it: string;
  readonly what: string;
  readonly heldBy: string;
}

interface Reference {
  readonly file: string;
  readonly name: string;
}

/** The tables of attackers. */
function rowsOf(text: string): readonly Row[] {
  const [, attackers = ''] = text.split('\n## Attackers\n');
  const [within = ''] = attackers.split('\n## ');
  return within.split('\n### ').flatMap((part) => {
    const [section = ''] = part.split('\n');
    const rows = part.matchAll(/^\| *(can|cannot) *\| *(.*?) *\| *(.*?) *\|$/gm);
    return Array.from(rows, ([, it = '', what = '', heldBy = '']) => ({
      section,
      it,
      what,
      heldBy,
    }));
  });
}

/** Every `file`: "test", "test" of a text, wherever it stands. */
function referencesOf(text: string): readonly Reference[] {
  const lists = text
    .replaceAll(/\s+/g, ' ')
    .matchAll(/`([\w/-]+\.test\.ts)`: ((?:"(?:\\.|[^"\\])*"(?:, )?)+)/g);
  return Array.from(lists, ([, file = '', names = '']) =>
    Array.from(names.matchAll(/"((?:\\.|[^"\\])*)"/g), ([, name = '']) => ({
      file,
      name: name.replaceAll('\\"', '"'),
    })),
  ).flat();
}

/** What the names of a file's tests look like; what a template fills in must stand in its folder or below. */
function namesOf(file: string): readonly RegExp[] {
  const source = readFileSync(new URL(file, testFolder), 'utf8');
  const titles = source.matchAll(/\b(?:it|test)\(\s*(?:'((?:\\.|[^'\\])*)'|`((?:\\.|[^`\\])*)`)/g);
  return Array.from(titles, ([, plain, template]) => {
    const parts = plain === undefined ? (template ?? '').split(/\$\{.*?\}/) : [plain];
    const escaped = parts.map((part) => escapedOf(part.replaceAll("\\'", "'")));
    return new RegExp(`^${escaped.join('(.+)')}$`);
  });
}

function escapedOf(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Whether a file has a test of that name. */
function isThere({ file, name }: Reference): boolean {
  const url = new URL(file, testFolder);
  if (!existsSync(url)) return false;
  const folder = new URL(`${dirname(file)}/`, testFolder);
  const sources = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((each) =>
    each.endsWith('.ts'),
  );
  const text = sources.map((each) => readFileSync(new URL(each, folder), 'utf8')).join('\n');
  return namesOf(file).some((pattern) => {
    const filledIn = pattern.exec(name)?.slice(1);
    return filledIn?.every((part) => text.includes(part)) ?? false;
  });
}

describe('docs/SECURITY.md', () => {
  it('names tests that there are', () => {
    const references = referencesOf(page);
    assert.ok(references.length > 100, `${references.length}`);
    const missing = references.filter((reference) => !isThere(reference));
    assert.deepEqual(missing, []);
  });

  it('has a test for every line about an attacker, or says why there is none', () => {
    const rows = rowsOf(page);
    assert.ok(rows.length > 80, `${rows.length}`);
    const bare = rows.filter(({ it: verb, heldBy }) => {
      const isReasoned = verb === 'can' && /^by design: .{20}/.test(heldBy);
      return referencesOf(heldBy).length === 0 && !isReasoned;
    });
    assert.deepEqual(bare, []);
  });

  it('says of every attacker what it can and what it cannot', () => {
    const verbs = Map.groupBy(rowsOf(page), ({ section }) => section);
    assert.equal(verbs.size, 10);
    for (const [section, rows] of verbs) {
      assert.deepEqual(new Set(rows.map((row) => row.it)), new Set(['cannot', 'can']), section);
    }
  });

  it('leads to pages that there are', () => {
    for (const [, target = ''] of page.matchAll(/\]\(([^)#]+)\)/g)) {
      assert.ok(existsSync(new URL(`../../docs/${target}`, import.meta.url)), target);
    }
  });

  it('would be caught naming a test that is gone', () => {
    const there = { file: 'core/security.test.ts', name: 'names tests that there are' };
    assert.ok(isThere(there));
    assert.ok(!isThere({ ...there, name: 'names tests that there were' }));
    assert.ok(!isThere({ ...there, file: 'core/insecurity.test.ts' }));
    const filledIn = { file: 'core/hostile/attacks.test.ts', name: 'counts or answers in kind ' };
    const ending = ', and the chat goes on as if nothing were';
    assert.ok(isThere({ ...filledIn, name: `${filledIn.name}random garbage${ending}` }));
    assert.ok(!isThere({ ...filledIn, name: `${filledIn.name}noble garbage${ending}` }));
  });
});
