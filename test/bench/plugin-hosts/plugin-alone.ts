/** The plugin as a process: answers `ping 7` with `pong 7`, and counts what it is told. */

let handled = 0;
process.send?.({ handled });
process.on('message', (text: string) => {
  handled++;
  const match = /^ping (\d+)$/.exec(text);
  process.send?.(match === null ? { handled } : { handled, answer: `pong ${match[1]}` });
});
process.on('disconnect', () => process.exit());
