// SPDX-License-Identifier: Apache-2.0
import { type HazardReport, hazardReports } from '@countersign/kernel';
import { verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { short, table } from '../output/table.ts';
import type { Session } from '../session.ts';

export const hazards: Command = {
  name: 'hazards',
  summary:
    'the risk file as a process: each hazard, its controls, what verifies them, what reopened it',
  description:
    'A control is verified by the newest record in force that the file names, and fails with it. A breach in production of what watches a hazard reopens it; signing the file anew, with the risk estimated again, closes it.',
  example: 'countersign hazards breast-mass-reading@1 --open',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
    { flags: '--open', summary: 'only hazards that are not verified; exit 1 when there is one' },
  ],
  run: runHazards,
};

async function runHazards(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const { set, context } = await verifiedVersion(session, name, input.optionalText('use'));
  const all = hazardReports(set, context);
  const open = all.filter(({ state }) => state !== 'verified');
  const onlyOpen = input.flag('open');
  const shown = onlyOpen ? open : all;
  const lines = [summaryOf(name, all, open), ...(shown.length === 0 ? [] : hazardTable(shown))];
  const result = { model: name.model, version: name.version, hazards: shown };
  return onlyOpen && open.length > 0 ? { ok: false, result, lines } : done(result, ...lines);
}

function summaryOf(
  { model, version }: { readonly model: string; readonly version: number },
  all: readonly HazardReport[],
  open: readonly HazardReport[],
): string {
  if (all.length === 0)
    return `no risk file of ${model}@${version} lists hazards; list them in its front matter under \`hazards\``;
  return `${model}@${version}: ${all.length} hazards, ${open.length} not verified`;
}

function hazardTable(reports: readonly HazardReport[]): readonly string[] {
  return table(
    ['hazard', 'state', 'control', 'verified by', 'record'],
    reports.flatMap(({ hazard, state, controls, breaches }) => [
      ...controls.map(({ control, reason, record }, index) => [
        index === 0 ? `${hazard.id} ${hazard.hazard}` : '',
        index === 0 ? state : '',
        control.what,
        reason,
        record === undefined ? '' : short(record),
      ]),
      ...breaches.map((digest) => ['', '', 'breach in production', 'reopens it', short(digest)]),
    ]),
  );
}
