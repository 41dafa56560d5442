// SPDX-License-Identifier: Apache-2.0
import process from 'node:process';
import { demoCommand } from './commands/demo.ts';
import { COMMANDS } from './commands/index.ts';
import { processIo } from './process-io.ts';
import { runCommand } from './run-command.ts';

/** Ctrl-C reaches this process from the terminal and once more through the launcher: within this time it is one. */
const ONE_PRESS_MS = 500;

const abort = new AbortController();
let pressed = 0;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second signal ends at once: the first one is being obeyed and something hangs.
    if (abort.signal.aborted && performance.now() - pressed > ONE_PRESS_MS) process.exit(1);
    if (abort.signal.aborted) return;
    pressed = performance.now();
    abort.abort();
  });
}
// The launcher was killed (bin/countersign.js): nobody is left who could end this process by a signal to the one they know.
process.channel?.unref();
process.on('disconnect', () => abort.abort());
const { exitCode } = await runCommand(process.argv.slice(2), processIo(abort.signal), [
  demoCommand(runCommand),
  ...COMMANDS,
]);
process.exitCode = exitCode;
// A scorer or a pool may still hold the event loop; everything durable is written by now.
process.exit();
