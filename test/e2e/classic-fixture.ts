/** Runs the classic profile as the command line does: `-s <server-port>` or `-c <name> <server-ip> <server-port> <client-port>`. */

import { join } from 'node:path';
import { runClassicClient, runClassicServer } from '../../repl/classic.ts';

const [form, ...args] = process.argv.slice(2);
const dataDir = join(process.env['XDG_DATA_HOME'] ?? '', 'banter');
const { stdin: input, stdout: output } = process;
process.exitCode =
  form === '-s'
    ? await runClassicServer(args, { dataDir, output })
    : await runClassicClient(args, { dataDir, input, output });
