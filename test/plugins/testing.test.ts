/** The tests of `testing/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('testing/', import.meta.url));
