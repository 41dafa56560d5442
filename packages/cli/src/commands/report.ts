// SPDX-License-Identifier: Apache-2.0
import { decisionsRoutes } from '@countersign/contract';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

const INPUT = {
  flags: '--input FILE',
  summary: 'rows, as .csv or .ndjson',
  isRequired: true,
} as const;

export const actions: Command = {
  name: 'actions',
  summary: 'record what the firm did with answers',
  description:
    'Columns: decision, action, and where they apply at, actor, override, reason. One bad row and none is recorded.',
  example: 'countersign actions --input actions.csv --as olaf.operator',
  options: [INPUT],
  run: (input, session) => upload(input, session, 'actions'),
};

export const outcomes: Command = {
  name: 'outcomes',
  summary: 'record what turned out to be true',
  description:
    'Columns: decision, value, and where they apply kind, state, observed. One bad row and none is recorded.',
  example: 'countersign outcomes --input repaid.csv --as olaf.operator',
  options: [INPUT],
  run: (input, session) => upload(input, session, 'outcomes'),
};

async function upload(
  input: Input,
  session: Session,
  what: 'actions' | 'outcomes',
): Promise<Outcome> {
  const file = input.text('input');
  const body = readTextFile(session.cwd, file);
  const recorded = await session
    .client()
    .call(decisionsRoutes[what], { body, contentType: mediaTypeOf(file) });
  const verb = recorded.added ? 'recorded' : 'were recorded before:';
  return done(recorded, `${recorded.rows} ${what} ${verb} ${recorded.record}`);
}

function mediaTypeOf(file: string): string {
  if (file.endsWith('.csv')) return 'text/csv';
  if (file.endsWith('.ndjson') || file.endsWith('.jsonl')) return 'application/x-ndjson';
  throw usage(`\`${file}\` is neither .csv nor .ndjson`);
}
