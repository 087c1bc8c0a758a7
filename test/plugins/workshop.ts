/** A stage with one plugin, `work`, that is written and loaded anew. */

import type { TestContext } from 'node:test';
import type { PluginStatus } from '../../plugins/index.ts';
import { type Stage, stage } from './world.ts';

/** What the tests of reloading need. */
export interface Workshop extends Stage {
  /** Writes the file of the plugin `work` anew. */
  save(
    version: string,
    setup: string,
    more?: {
      readonly id?: string;
      readonly permissions?: readonly string[];
      readonly dispose?: string;
    },
  ): Promise<string>;
  /** Writes and reloads it. */
  renew(version: string, setup: string): Promise<PluginStatus>;
}

const everything = ['message.read', 'message.send', 'storage', 'schedule'];

/** Gone when the test ends. */
export async function workshop(t: TestContext): Promise<Workshop> {
  const set = await stage(t);
  const save: Workshop['save'] = (version, setup, more = {}) =>
    set.write(
      'work.ts',
      `import { definePlugin } from 'banter/plugins';
export default definePlugin({
  id: '${more.id ?? 'work'}', version: '${version}', permissions: ${JSON.stringify(more.permissions ?? everything)},
  async setup(ctx) { ${setup} },
  dispose() { ${more.dispose ?? ''} },
});
`,
    );
  const renew = async (version: string, setup: string): Promise<PluginStatus> => {
    await save(version, setup);
    return set.runtime.reload('work');
  };
  return { ...set, save, renew };
}
