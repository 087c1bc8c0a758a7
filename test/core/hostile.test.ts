/** The tests of `hostile/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('hostile/', import.meta.url));
