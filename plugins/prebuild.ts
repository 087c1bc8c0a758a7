/** Run once when a package is built: bundles everything of Banter's own, so that nobody who installs it has to. */

import { Bundler } from './bundle.ts';
import { makeAllScripts } from './host-code.ts';
import { KeptScripts, ownScripts } from './kept-scripts.ts';
import { builtinPlugins, locate } from './location.ts';

const bundler = new Bundler(undefined, new KeptScripts({ ...ownScripts, isWritable: true }));
await makeAllScripts(bundler);
for (const name of builtinPlugins) await bundler.bundle(locate(name).file);
