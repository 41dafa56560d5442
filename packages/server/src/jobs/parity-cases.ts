// SPDX-License-Identifier: Apache-2.0
import { type ColumnTypes, INPUT_COLUMN_TYPES, loadTable, type Table } from '@countersign/analysis';
import { parseCsvRows } from '@countersign/pipeline';
import type { ServerContext } from '../context.ts';
import { outputOf, type VersionFacts } from './version-facts.ts';

/** Cases that serving accepts, and cases that it must refuse, with what the training runtime answered to each. */
export const PARITY_FILE = 'parity.csv';
export const EDGES_FILE = 'parity-edges.csv';

export interface ParityCases {
  readonly table: Table;
  readonly digest: string;
  /** Column of the recorded scores: named like the model's output. */
  readonly recorded: string;
  readonly kind?: string;
}

/** Reads a file of cases that the run left behind; undefined when it left none. The caller closes the table. */
export async function loadParityCases(
  context: ServerContext,
  facts: VersionFacts,
  file: string,
): Promise<ParityCases | undefined> {
  const output = outputOf(facts.result, file);
  if (output === undefined) return undefined;
  const bytes = await context.blobs.get(output.digest);
  const recorded = facts.spec.output.name;
  const [header] = parseCsvRows(new TextDecoder().decode(bytes), { headerOnly: true });
  const hasKind = header?.cells.includes('kind') === true;
  const inputs: ColumnTypes = Object.fromEntries(
    facts.scorerSpec.inputs.flatMap((input) =>
      (input.columns ?? [input.name]).map((name) => [name, INPUT_COLUMN_TYPES[input.type]]),
    ),
  );
  const columns: ColumnTypes = {
    ...inputs,
    [recorded]: 'number',
    ...(hasKind ? { kind: 'text' } : {}),
  };
  const table = await loadTable({ format: 'csv', bytes }, columns, { otherColumns: 'ignore' });
  return { table, digest: output.digest, recorded, ...(hasKind ? { kind: 'kind' } : {}) };
}
