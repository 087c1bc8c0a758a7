/** Values for fields of which one knows nothing but how they are read: a reader that makes up what it reads. */

import { ByteReader, MalformedError } from '../../../core/protocol/bytes.ts';
import type { Field, MessageOf, MessageTables } from '../../../core/protocol/codec.ts';
import { Random } from '../../support/random.ts';

/** Where an encoding changes its length, and both ends. */
const integerEdges = [
  0,
  1,
  0x3f,
  0x40,
  0x3fff,
  0x4000,
  0xffff,
  0x3fff_ffff,
  0x4000_0000,
  Number.MAX_SAFE_INTEGER,
];

/** Bytes of blocks, seldom long ones. */
const blockLengths = [0, 1, 2, 3, 5, 8, 13, 21, 32, 64, 100, 128, 1000];

/** Characters of one to four bytes; so a block is text as well. */
const characters: readonly (readonly number[])[] = [
  [0x61],
  [0x00],
  [0xc3, 0xa9],
  [0xe2, 0x82, 0xac],
  [0xf0, 0x9f, 0x98, 0x80],
];

class InventingReader extends ByteReader {
  readonly #random: Random;

  constructor(random: Random) {
    super(new Uint8Array());
    this.#random = random;
  }

  override get remaining(): number {
    return 1;
  }

  override uint8(): number {
    return this.#random.below(this.#random.chance(0.5) ? 2 : 256);
  }

  override uint32(): number {
    return this.#random.uint32();
  }

  override varint(): number {
    const kind = this.#random.below(10);
    if (kind < 7) return this.#random.below(4);
    return kind < 9 ? this.#random.below(256) : this.#random.pick(integerEdges);
  }

  override raw(count: number): Uint8Array {
    return this.#random.bytes(count);
  }

  override block(): Uint8Array {
    const length = this.#random.pick(blockLengths);
    const bytes: number[] = [];
    while (bytes.length < length) {
      const character = this.#random.pick(characters);
      bytes.push(...(bytes.length + character.length <= length ? character : [0x62]));
    }
    return Uint8Array.from(bytes);
  }

  override rest(): Uint8Array {
    return this.block();
  }
}

/** How often a field may refuse what it is offered. */
const triesMax = 1000;

/** A value that a field takes. @throws Error when it refuses everything: {@link InventingReader} must learn its kind */
function inventValue(field: Field<unknown>, random: Random): unknown {
  const reader = new InventingReader(random);
  for (let tries = 0; tries < triesMax; tries++) {
    try {
      return field.read(reader);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
  }
  throw new Error('nothing invented fits the field');
}

/** A message of a type, all of whose fields are made up; the same for the same seed. */
export function inventMessage<Tables extends MessageTables, Type extends keyof Tables & string>(
  tables: Tables,
  type: Type,
  seed: number,
): MessageOf<Pick<Tables, Type>> {
  const random = new Random(seed);
  const body = tables[type] ?? { fields: {} };
  if ('record' in body) {
    // The type's own field has read all of its fields.
    const record = inventValue(body.record, random) as object;
    return { type, ...record } as MessageOf<Pick<Tables, Type>>;
  }
  const fields = Object.entries(body.fields).map(
    // A table's values are fields; its own type keeps their kinds apart.
    ([name, field]) => [name, inventValue(field as Field<unknown>, random)],
  );
  // Every field of the type's own table has its value.
  return { type, ...Object.fromEntries(fields) } as MessageOf<Pick<Tables, Type>>;
}
