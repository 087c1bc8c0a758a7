/** `banter plugin new`: a folder with a plugin that works, to begin with. */

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BanterError } from '../core/error-api.ts';
import { builtinPlugins, isPluginId } from '../plugins/index.ts';
import { exitCodes } from './exit-codes.ts';
import { pluginTemplate } from './plugin-template.ts';
import { safeText } from './safe-text.ts';
import { readVersion } from './version.ts';

/**
 * Makes the folder `name` in the working folder and says what to do next. Resolves to the exit code. What cannot be
 * made whole leaves no file behind.
 * @throws BanterError OPTION_INVALID for a name that no plugin can have, and a folder that is not empty or cannot be made
 */
export async function newPlugin(name: string): Promise<number> {
  if (!isPluginId(name)) {
    throw new BanterError(
      'OPTION_INVALID',
      `a plugin is called by 1 to 32 lower-case letters, digits and "-", beginning with a letter, not "${safeText(name)}"`,
    );
  }
  if (builtinPlugins.includes(name)) {
    throw new BanterError(
      'OPTION_INVALID',
      `a plugin called ${name} comes with Banter; call yours otherwise`,
    );
  }
  await makeFolder(name);
  const files = pluginTemplate(name, readVersion());
  const made: string[] = [];
  try {
    for (const [file, contents] of Object.entries(files)) {
      const path = join(name, file);
      // Whatever has come into the folder meanwhile stays.
      await writeFile(path, contents, { flag: 'wx' });
      made.push(path);
    }
  } catch (cause) {
    for (const path of made) await rm(path, { force: true });
    throw unmakeable(name, cause);
  }
  process.stdout.write(nextSteps(name, Object.keys(files)));
  return exitCodes.ok;
}

async function makeFolder(name: string): Promise<void> {
  try {
    await mkdir(name, { recursive: true });
    const present = await readdir(name);
    if (present.length === 0) return;
  } catch (cause) {
    throw unmakeable(name, cause);
  }
  throw new BanterError(
    'OPTION_INVALID',
    `the folder ${name} is not empty; choose another name, or move it away`,
  );
}

function unmakeable(name: string, cause: unknown): BanterError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new BanterError('OPTION_INVALID', `cannot make ${name}: ${problem}`, { cause });
}

function nextSteps(name: string, files: readonly string[]): string {
  return `made ${name}/ with ${files.join(', ')}

  banter chat ann --plugin ./${name}/${name}.ts --watch
      try it at the prompt; it is loaded anew whenever you save it
  banter plugin test ./${name}
      run its tests; banter plugin check ./${name} looks for errors
  banter plugin permissions ./${name}/${name}.ts
      see what it asks for

${name}/README.md tells more.
`;
}
