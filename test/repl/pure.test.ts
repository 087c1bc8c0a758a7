/** The tests of `pure/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('pure/', import.meta.url));
