/** Lists that the server tells page by page. */

interface Page<Entry> {
  readonly entries: readonly Entry[];
  /** What to ask the next page with; 0 after the last. */
  readonly next: number;
}

interface NamePage {
  readonly names: readonly { readonly name: string }[];
  readonly next: number;
}

/** All entries, in the order in which they are told. */
export async function readPages<Entry>(
  readPage: (after: number) => Promise<Page<Entry>>,
): Promise<readonly Entry[]> {
  const all: Entry[] = [];
  let after = 0;
  do {
    const { entries, next } = await readPage(after);
    all.push(...entries);
    after = next;
  } while (after !== 0);
  return all;
}

/** All names, likewise. */
export function readNames(
  readPage: (after: number) => Promise<NamePage>,
): Promise<readonly string[]> {
  return readPages(async (after) => {
    const { names, next } = await readPage(after);
    return { entries: names.map(({ name }) => name), next };
  });
}
