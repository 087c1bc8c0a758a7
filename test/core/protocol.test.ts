/** The tests of `protocol/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('protocol/', import.meta.url));
