/** The tests of `server/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('server/', import.meta.url));
