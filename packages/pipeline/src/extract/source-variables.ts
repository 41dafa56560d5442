// SPDX-License-Identifier: Apache-2.0
import type { DatasetOrigin } from '../file/origin-section.ts';
import { parsePipelineFile } from '../file/parse-pipeline-file.ts';
import { PIPELINE_FILE } from '../file/pipeline-file-name.ts';
import type { BundledCommit } from '../source/compare-commits.ts';
import { readBundledFile } from '../source/read-bundled-file.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** `COUNTERSIGN_SOURCE_<NAME>` holds the address of a named connection, password included. */
const CONNECTION = /^COUNTERSIGN_SOURCE_[A-Z0-9_]{1,64}$/;
const AWS = /^AWS_[A-Z0-9_]{1,64}$/;

/** What sources of data are reached with, of all that the caller's environment holds. For the platform alone: never for a step. */
export function sourceVariables(caller: Variables): Readonly<Record<string, string>> {
  return pick(caller, (name) => CONNECTION.test(name) || AWS.test(name));
}

/** What one kind of store is reached with. */
export function storeVariables(caller: Variables): Readonly<Record<string, string>> {
  return pick(caller, (name) => AWS.test(name));
}

/** The variable of the connection `risk-warehouse`: COUNTERSIGN_SOURCE_RISK_WAREHOUSE. */
export function connectionVariable(name: string): string {
  return `COUNTERSIGN_SOURCE_${name.toUpperCase().replaceAll('-', '_')}`;
}

/**
 * Of the caller's variables those that an archived commit's own datasets need, and no other connection's: none of a
 * commit or file that cannot be read, which the run itself refuses with its line. The scratch directory is removed.
 */
export async function sourceVariablesOfCommit(
  scratch: string,
  at: BundledCommit,
  caller: Variables,
): Promise<Readonly<Record<string, string>>> {
  const text = await readBundledFile(scratch, at, PIPELINE_FILE).catch(() => undefined);
  if (text === undefined) return {};
  try {
    const { data = {} } = parsePipelineFile(text).file;
    const needed = Object.values(data).map(({ from }) => variablesOf(from, caller));
    return Object.assign({}, ...needed);
  } catch {
    return {};
  }
}

function variablesOf(from: DatasetOrigin, caller: Variables): Readonly<Record<string, string>> {
  if ('postgres' in from) {
    const wanted = connectionVariable(from.postgres);
    return pick(caller, (name) => name === wanted);
  }
  const isStored = 's3' in from || 'dvc' in from || 'delta' in from || 'iceberg' in from;
  return isStored ? storeVariables(caller) : {};
}

function pick(
  caller: Variables,
  isWanted: (name: string) => boolean,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(caller).flatMap(([name, value]) =>
      value !== undefined && isWanted(name) ? [[name, value]] : [],
    ),
  );
}
