/** The first half of the seeds that every run of the tests plays; halves run side by side. */

import { testSeeds } from './seeds.ts';

await testSeeds(1, 150);
