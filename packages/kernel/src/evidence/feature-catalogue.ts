// SPDX-License-Identifier: Apache-2.0
import type { CountedRecord } from '../records/record-set.ts';
import { asArray, asNonEmpty, asObject } from '../records/shape.ts';

/** The kind of a feature-catalogue that the platform made of a run; one without a kind is the authors' paper. */
export const MEASURED_CATALOGUE = 'measured';

/** An input of the model, and what its entry in the catalogue lacks. */
export interface LackingInput {
  readonly input: string;
  readonly what: readonly string[];
}

/**
 * What a measured catalogue lacks; none of a complete one, or of a paper, which says what it says.
 * @throws KernelError `record_malformed`
 */
export function catalogueLacks(record: Pick<CountedRecord, 'statement'>): readonly LackingInput[] {
  const { type, kind, content } = record.statement.predicate;
  if (type !== 'feature-catalogue' || kind !== MEASURED_CATALOGUE) return [];
  return asArray(content.lacking, 'content.lacking', (item, path) => {
    const object = asObject(item, path);
    return {
      input: asNonEmpty(object.input, `${path}.input`),
      what: asArray(object.what, `${path}.what`, asNonEmpty),
    };
  });
}

/** One sentence an input, for whoever must write the entry. */
export function lackingText({ input, what }: LackingInput): string {
  return `feature catalogue: \`${input}\` lacks ${what.join('; ')}`;
}
