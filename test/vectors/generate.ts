/** `node test/vectors/generate.ts` writes the test vectors anew: after every change of the wire. */

import { writeFileSync } from 'node:fs';
import { makeVectors, vectorText } from './vectors.ts';

for (const [name, vector] of Object.entries(makeVectors())) {
  writeFileSync(new URL(`${name}.json`, import.meta.url), vectorText(vector));
}
