// SPDX-License-Identifier: Apache-2.0

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gateway } from '@countersign/gateway';
import { recordsOfType } from '@countersign/kernel';
import { parseCsvRows } from '@countersign/pipeline';
import { DemoFailure } from '../demo-failure.ts';
import type { Stage } from '../stage.ts';

export interface Served {
  readonly label: string;
  readonly from: string;
  readonly to: string;
  readonly decisions: readonly { readonly id: string; readonly row: StreamRow }[];
}

type StreamRow = ReadonlyMap<string, string>;

const PROTECTED = ['personal_status_and_sex', 'age_years'];
const OPERATOR = 'olaf.operator';

/** The stream was split off when the snapshot was taken; no step and no test has read it. */
async function readStream(stage: Stage): Promise<readonly StreamRow[]> {
  const { records, blobs } = stage.server.context;
  const snapshot = recordsOfType(await records.current(), 'dataset-snapshot').findLast(
    ({ statement }) => statement.predicate.content.split === 'stream',
  );
  const digest = String(snapshot?.statement.predicate.content.contentDigest ?? '');
  const text = new TextDecoder().decode(await blobs.get(digest));
  const [header, ...rows] = parseCsvRows(text);
  if (header === undefined) throw new DemoFailure('the stream is empty');
  return rows.map(({ cells }) => new Map(header.cells.map((name, at) => [name, cells[at] ?? ''])));
}

function csvOf(rows: readonly StreamRow[]): string {
  const names = [...(rows[0]?.keys() ?? [])].filter((name) => name !== 'creditability');
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = rows.map((row) => names.map((name) => cell(row.get(name) ?? '')).join(','));
  return `${[names.map(cell).join(','), ...lines].join('\n')}\n`;
}

/** Decides one part of the stream through the gateway and records what the firm did and what came of it. */
async function servePart(
  stage: Stage,
  gateway: Gateway,
  part: { readonly label: string; readonly rows: readonly StreamRow[] },
): Promise<Served> {
  const { label, rows } = part;
  const from = stage.io.now().toISOString();
  await writeFile(join(stage.repository, `${label}.csv`), csvOf(rows));
  const decided = await stage.must(
    OPERATOR,
    'decide',
    'consumer-credit',
    '--input',
    `${label}.csv`,
    ...PROTECTED.flatMap((name) => ['--protected', name]),
    '--key',
    'row_id',
    '--subject',
    'row_id',
    '--gateway',
    gateway.url,
  );
  const to = new Date(stage.io.now().getTime() + 1).toISOString();
  const { counts, decisions } = decided.result as {
    counts: Record<string, number>;
    decisions: readonly { readonly id: string; readonly ok: boolean; readonly decision?: string }[];
  };
  const said = Object.entries(counts).map(([answer, n]) => `${n} ${answer}`);
  stage.say.tell(
    `${label}: ${rows.length} applications answered (${said.join(', ')}), each durable before it was answered, each receipt checked at once.`,
  );
  const pairs = decisions.map(({ id }, at) => ({ id, row: rows[at] ?? new Map() }));
  await report(stage, label, { pairs, decisions });
  return { label, from, to, decisions: pairs };
}

/** The officers followed the answers; repayment is what the table says happened to each loan. */
async function report(
  stage: Stage,
  label: string,
  made: {
    readonly pairs: Served['decisions'];
    readonly decisions: readonly {
      readonly id: string;
      readonly ok: boolean;
      readonly decision?: string;
    }[];
  },
): Promise<void> {
  const actions = made.decisions
    .filter(({ ok }) => ok)
    .map(({ id, decision }) => `${id},${decision === 'approve' ? 'approved' : 'denied'}`);
  await writeFile(
    join(stage.repository, `${label}-actions.csv`),
    `decision,action\n${actions.join('\n')}\n`,
  );
  const acted = await stage.must(OPERATOR, 'actions', '--input', `${label}-actions.csv`);
  const outcomes = made.pairs
    .filter((_, at) => made.decisions[at]?.ok === true)
    .map(({ id, row }) => `${id},${row.get('creditability') ?? ''}`);
  await writeFile(
    join(stage.repository, `${label}-outcomes.csv`),
    `decision,value\n${outcomes.join('\n')}\n`,
  );
  const came = await stage.must(OPERATOR, 'outcomes', '--input', `${label}-outcomes.csv`);
  stage.say.lines([...acted.lines, ...came.lines]);
}

/** Serves the stream in two parts: the branch first, then the telephone channel, once it opens. */
export async function decide(stage: Stage, gateway: Gateway): Promise<readonly Served[]> {
  const { say } = stage;
  say.chapter('Decide, durably and with receipts');
  const stream = await readStream(stage);
  const branch = stream.filter((row) => row.get('telephone') === 'no');
  const telephone = stream.filter((row) => row.get('telephone') === 'yes');
  const first = await servePart(stage, gateway, { label: 'branch', rows: branch });
  const second = await servePart(stage, gateway, { label: 'telephone-channel', rows: telephone });
  await malformed(stage, gateway, branch[0] ?? new Map());
  say.tell(
    'The repayment of declined applicants is known only because this table is of granted loans; no firm would know it.',
  );
  return [first, second];
}

/** Refused and malformed requests are in the log too, each with its code and receipt. */
async function malformed(stage: Stage, gateway: Gateway, row: StreamRow): Promise<void> {
  const incomplete = new Map(row).set('amount_dm', '').set('row_id', 'incomplete');
  const beyond = new Map(row).set('amount_dm', '99999').set('row_id', 'beyond');
  const rows = [incomplete, beyond];
  await writeFile(join(stage.repository, 'malformed.csv'), csvOf(rows));
  const ran = await stage.run(
    OPERATOR,
    'decide',
    'consumer-credit',
    '--input',
    'malformed.csv',
    '--key',
    'row_id',
    '--gateway',
    gateway.url,
  );
  if (ran.ok) throw new DemoFailure('an incomplete application was answered');
  const { decisions } = ran.result as {
    decisions: readonly {
      readonly id?: string;
      readonly message?: string;
      readonly code?: string;
    }[];
  };
  stage.say.refused(
    'An incomplete application, and one far outside what the model knows',
    decisions.map(
      ({ code, message, id }) => `${code ?? ''}: ${message ?? ''} (recorded as ${id ?? 'nothing'})`,
    ),
  );
}
