/** The tests of `store/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('store/', import.meta.url));
