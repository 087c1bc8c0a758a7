/** The tests of `builtin/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('builtin/', import.meta.url));
