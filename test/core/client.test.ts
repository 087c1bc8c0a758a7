/** The tests of `client/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('client/', import.meta.url));
