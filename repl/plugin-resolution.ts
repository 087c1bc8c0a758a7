/** Loaded into processes that run a plugin's tests: makes Banter's names mean this installation, wherever the tests stand. */

import { registerHooks } from 'node:module';
import { extname } from 'node:path';

const entryPoints: ReadonlyMap<string, string> = new Map([
  ['banter', own('core/index')],
  ['banter/plugins', own('plugins/sdk')],
  ['banter/testing', own('plugins/testing')],
]);

registerHooks({
  resolve(specifier, context, next) {
    const url = entryPoints.get(specifier);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});

/** A module of ours as it is installed: `.ts` in a checkout, `.js` in a package. */
function own(path: string): string {
  return new URL(`../${path}${extname(import.meta.filename)}`, import.meta.url).href;
}
