/** The tests of `homes/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('homes/', import.meta.url));
