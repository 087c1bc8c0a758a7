/** The tests of `chat/`, in one process. */

import { runTogether } from '../support/together.ts';

await runTogether(new URL('chat/', import.meta.url));
