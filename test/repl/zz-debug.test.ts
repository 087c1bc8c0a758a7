import { test } from 'node:test';
import { join } from 'node:path';
import { temporaryHome } from '../support/home.ts';
import { openNode } from '../support/terminal.ts';
const wait = (ms: number) => new Promise((r) => setTimeout(r, ms));
const codes = { log: 'for (;;) console.log("begun")', fs: 'for (;;) require("fs").writeSync(1, "begun\\r\\n")', pure: 'console.log("begun"); for (let i = 0;; i++) JSON.stringify([i])' };
for (const [kind, code] of Object.entries(codes)) test(kind, async (t) => {
  let stuck = 0;
  for (let i = 0; i < 15; i++) {
    const terminal = openNode(temporaryHome(t), [join(import.meta.dirname, 'prompt-fixture.ts'), 'alive'], { columns: 60, rows: 14 });
    await terminal.waitForScreen(/ann> ?$/);
    terminal.type(`${code}\r`);
    await terminal.waitForScreen(/^begun$/m); await wait(50);
    terminal.key('ctrl-c');
    for (let n = 0; n < 20 && !terminal.screen().includes('interrupted'); n++) await wait(100);
    if (!terminal.screen().includes('interrupted')) {
      stuck++;
      terminal.signal('SIGUSR2'); await wait(500);
      const message = terminal.screen().includes('alive');
      terminal.signal('SIGTERM');
      const exit = await Promise.race([terminal.exit(), wait(3000).then(() => 'no exit')]);
      if (stuck < 4) console.log('STUCK', kind, i, 'message shown:', message, 'exit:', JSON.stringify(exit), 'goodbye shown:', terminal.raw.includes('closed true'), JSON.stringify(terminal.raw.slice(-150)));
    }
    await terminal.kill();
  }
  console.log('TOTAL', kind, stuck, 'of 15');
});
