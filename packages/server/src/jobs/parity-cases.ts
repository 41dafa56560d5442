// SPDX-License-Identifier: Apache-2.0
import {
  type ColumnType,
  type ColumnTypes,
  type InputType,
  loadTable,
  type Table,
} from '@countersign/analysis';
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

const TYPES: Readonly<Record<InputType, ColumnType>> = {
  f32: 'number',
  f64: 'number',
  i64: 'integer',
  string: 'text',
  bool: 'boolean',
};

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
  const hasKind = headerOf(bytes).includes('kind');
  const inputs: ColumnTypes = Object.fromEntries(
    facts.scorerSpec.inputs.flatMap((input) =>
      (input.columns ?? [input.name]).map((name) => [name, TYPES[input.type]]),
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

function headerOf(bytes: Uint8Array): readonly string[] {
  const end = bytes.indexOf(10);
  const line = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  return line.trim().split(',');
}
