// SPDX-License-Identifier: Apache-2.0
import type { RecordSet, SignedRecord } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { keysOf } from '../identity/index.ts';
import { refused } from './arrival.ts';

/** Entries of registers say something of a model that others made known: their own words make nothing known. */
const REGISTER_ENTRIES: ReadonlySet<string> = new Set(['finding', 'override-record']);

interface Named {
  readonly model: string | undefined;
  readonly use?: string | undefined;
  readonly version?: number | undefined;
  readonly dataset?: string | undefined;
}

/** Whether a record, other than a register's entry, is about all that is named. */
export function hasRecordAbout({ records }: RecordSet, named: Named): boolean {
  const { model, use, version, dataset } = named;
  return records.some(({ statement: { predicate } }) => {
    const { subjectRef, type } = predicate;
    if (REGISTER_ENTRIES.has(type)) return false;
    return [
      [model, subjectRef.model],
      [use, subjectRef.use],
      [version, subjectRef.version],
      [dataset, subjectRef.dataset],
    ].every(([wanted, found]) => wanted === undefined || wanted === found);
  });
}

/**
 * An entry about a misspelt model or use would be signed and stop nothing.
 * @throws ServerError `record_refused` with the field that is not known and, of a use, those that are
 */
export function refuseUnknownSubject(set: RecordSet, record: SignedRecord): void {
  const { model, use, version } = record.statement.predicate.subjectRef;
  const none = 'no record is about what it names';
  if (model === undefined) throw refused(record, 'it names no model', 'subjectRef.model');
  if (!hasRecordAbout(set, { model })) {
    throw refused(record, `${none}: model \`${model}\``, 'subjectRef.model');
  }
  const uses = usesNamed(set, model);
  if (use !== undefined && !uses.includes(use)) {
    const known = uses.length === 0 ? 'it has none' : `its uses are ${uses.join(', ')}`;
    throw refused(record, `${none}: use \`${use}\` of ${model}; ${known}`, 'subjectRef.use');
  }
  if (version !== undefined && !hasRecordAbout(set, { model, version })) {
    throw refused(record, `${none}: version ${version} of ${model}`, 'subjectRef.version');
  }
}

/** Sorted: what inventory entries declare, and what any other record of the model is about. */
function usesNamed({ records }: RecordSet, model: string): readonly string[] {
  const uses = records
    .map(({ statement }) => statement.predicate)
    .filter(({ type, subjectRef }) => subjectRef.model === model && !REGISTER_ENTRIES.has(type))
    .flatMap(({ type, subjectRef, content }) => [
      subjectRef.use,
      ...(type === 'inventory-entry' && Array.isArray(content.uses) ? content.uses : []),
    ]);
  return [...new Set(uses.filter((use) => typeof use === 'string'))].sort();
}

/**
 * Whoever must answer has an account or held a key here: what waits for anybody else waits for nobody.
 * @throws ServerError `record_refused`
 */
export async function refuseUnknownPerson(
  context: ServerContext,
  record: SignedRecord,
  named: { readonly account: string; readonly field: string },
): Promise<void> {
  const { account, field } = named;
  const { register } = await context.records.current();
  if (keysOf(register, account).length > 0) return;
  const known = await context.database.db
    .selectFrom('account')
    .select('account')
    .where('workspace', '=', context.workspace)
    .where('account', '=', account)
    .executeTakeFirst();
  if (known !== undefined) return;
  throw refused(record, `\`${account}\` is no account of the firm`, field);
}
