// SPDX-License-Identifier: Apache-2.0
// The verifier by itself: an auditor installs this package alone and needs nothing else of ours.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { nodePrimitives } from '@countersign/kernel/node';
import { verifyCaseFile } from './case-file/verify-case-file.ts';

const USAGE = `usage: countersign-verify CASE.zip --root DIGEST [--json]

Checks a case file offline. DIGEST is the founding record of the firm, got from the firm by another way.
example: countersign-verify case.zip --root 3b0c…
`;

function main(): number {
  const options = {
    root: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values, positionals } = parseArgs({ allowPositionals: true, options });
  const file = positionals[0];
  if (values.help === true || file === undefined || values.root === undefined) {
    process.stderr.write(USAGE);
    return values.help === true ? 0 : 2;
  }
  const report = verifyCaseFile(nodePrimitives, readFileSync(file), values.root);
  if (values.json === true) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const sentence of report.established) process.stdout.write(`ok      ${sentence}\n`);
    for (const { entry, reason } of report.problems)
      process.stdout.write(`WRONG   ${entry}: ${reason}\n`);
    process.stdout.write(
      report.ok ? 'the case file verifies\n' : 'the case file does NOT verify\n',
    );
  }
  return report.ok ? 0 : 1;
}

process.exit(main());
