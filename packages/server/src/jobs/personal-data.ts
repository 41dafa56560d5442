// SPDX-License-Identifier: Apache-2.0
import {
  type BlobRef,
  type BlobStore,
  contentsOfTree,
  type Dataset,
  type PipelineFile,
  type RunResult,
} from '@countersign/pipeline';
import type { DataKeyring } from '../store/index.ts';

/** The class of data that names none: `personal_data: true`. */
const CLASS_DEFAULT = 'personal-data';

/** The retention class that a dataset declares for personal data; undefined where it declares none. */
export function personalClassOf(dataset: Dataset | undefined): string | undefined {
  const declared = dataset?.personal_data;
  if (declared === undefined || declared === false) return undefined;
  return declared === true ? CLASS_DEFAULT : declared;
}

/**
 * Every content of the datasets that are declared to hold personal data: what was read, the parts that it was read from,
 * the splits. What steps made of them is not among them: it is the author's to say that by a dataset of its own.
 * @returns the id of the key that each is to be sealed under, by digest
 */
export async function personalData(
  { result, file }: { readonly result: RunResult; readonly file: PipelineFile },
  from: BlobStore,
  keys: DataKeyring,
): Promise<ReadonlyMap<string, string>> {
  const keyOf = new Map<string, string>();
  const keyFor = async (dataset: string): Promise<string | undefined> => {
    const personal = personalClassOf(file.data?.[dataset]);
    return personal === undefined ? undefined : keys.idFor(personal);
  };
  for (const { dataset, content, origin, splits } of result.snapshots) {
    const key = await keyFor(dataset);
    if (key === undefined) continue;
    const parts: readonly BlobRef[] = 'parts' in origin ? origin.parts : [];
    const cut = splits.flatMap((split) => [split.content, split.mounted ?? split.content]);
    for (const { digest } of [content, ...parts, ...cut]) keyOf.set(digest, key);
  }
  for (const { dataset, content } of result.folders ?? []) {
    const key = await keyFor(dataset);
    if (key === undefined) continue;
    keyOf.set(content.digest, key);
    for await (const digest of contentsOfTree(from, content.digest)) keyOf.set(digest, key);
  }
  return keyOf;
}
