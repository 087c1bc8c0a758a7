/** The tests of `net/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('net/', import.meta.url));
