/** Lists that the server tells page by page. */

interface Page {
  readonly names: readonly { readonly name: string }[];
  /** What to ask the next page with; 0 after the last. */
  readonly next: number;
}

/** All names, in the order in which they are told. */
export async function readPages(
  readPage: (after: number) => Promise<Page>,
): Promise<readonly string[]> {
  const names: string[] = [];
  let after = 0;
  do {
    const page = await readPage(after);
    names.push(...page.names.map(({ name }) => name));
    after = page.next;
  } while (after !== 0);
  return names;
}
