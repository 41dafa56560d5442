// SPDX-License-Identifier: Apache-2.0
import type { Stage } from '../stage.ts';
import type { Served } from './decide.ts';

/** Measures each part of the stream as a window by its serving times and reports it either way. */
export async function watch(stage: Stage, served: readonly Served[]): Promise<void> {
  const { say } = stage;
  say.chapter('Watch production');
  for (const { label, from, to } of served) {
    say.tell(`Window \`${label}\`, ${from} to ${to}:`);
    const window = ['--from', from, '--to', to, '--label', label];
    const monitored = await stage.must('olaf.operator', 'monitor', 'consumer-credit', ...window);
    say.lines(monitored.lines);
  }
  const findings = await stage.must('vera.validator', 'findings', '--model', 'consumer-credit');
  say.tell('The register of findings; one that monitoring opened says so.');
  say.lines(findings.lines);
}
