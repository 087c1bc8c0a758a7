/** The tests of `inside/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('inside/', import.meta.url));
