/** Things that an endpoint finds by link, by connection id and by one more key. */

export interface LinkEntry {
  readonly link: number;
  /** The local connection id as `connectionIdKey` makes it. */
  readonly idKey: number;
  readonly textKey: string;
}

export class LinkTable<Entry extends LinkEntry> {
  readonly #byLink = new Map<number, Entry>();
  readonly #byId = new Map<number, Entry>();
  readonly #byText = new Map<string, Entry>();

  get size(): number {
    return this.#byLink.size;
  }

  byLink(link: number): Entry | undefined {
    return this.#byLink.get(link);
  }

  byId(idKey: number): Entry | undefined {
    return this.#byId.get(idKey);
  }

  byText(textKey: string): Entry | undefined {
    return this.#byText.get(textKey);
  }

  entries(): Iterable<Entry> {
    return this.#byLink.values();
  }

  links(): readonly number[] {
    return [...this.#byLink.keys()];
  }

  add(entry: Entry): void {
    this.#byLink.set(entry.link, entry);
    this.#byId.set(entry.idKey, entry);
    this.#byText.set(entry.textKey, entry);
  }

  delete(entry: Entry): void {
    this.#byLink.delete(entry.link);
    this.#byId.delete(entry.idKey);
    this.#byText.delete(entry.textKey);
  }
}
