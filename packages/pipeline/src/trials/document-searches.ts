// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { fromUtf8 } from '@countersign/kernel';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { RunResult } from '../run/result.ts';
import { judgeSearch } from './judge-search.ts';
import { isTrialsFile, readChoice, readSearch } from './read-search.ts';
import type { JudgedSearch, SearchTrial } from './search-record.ts';

/** More than these are judged and left in the archived file. */
const TRIALS_KEPT_MAX = 2000;

/** The searches that steps declared, from the archived bytes, each with the choice that lies beside it. */
export async function documentSearches(
  blobs: Pick<BlobStore, 'get'>,
  { evidence, steps }: Pick<RunResult, 'evidence' | 'steps'>,
): Promise<readonly JudgedSearch[]> {
  const judged: JudgedSearch[] = [];
  for (const { step, file, digest } of evidence.filter((one) => isTrialsFile(basename(one.file)))) {
    const beside = evidence.find(
      (one) => one.step === step && basename(one.file) === 'choice.json',
    );
    const said =
      beside === undefined ? undefined : readChoice(fromUtf8(await blobs.get(beside.digest)));
    const choice = typeof said === 'string' ? undefined : said;
    const read = readSearch(basename(file), fromUtf8(await blobs.get(digest)), choice);
    // What is archived as evidence was read before it was archived.
    if (!read.ok) continue;
    judged.push(bounded(judgeSearch(read.search, { step, file, steps })));
  }
  return judged;
}

function bounded(search: JudgedSearch): JudgedSearch {
  const { trials, chosen, best } = search;
  if (trials.length <= TRIALS_KEPT_MAX) return search;
  const isKept = ({ number }: SearchTrial, at: number) =>
    at < TRIALS_KEPT_MAX || number === chosen || number === best;
  const kept = trials.filter(isKept);
  return { ...search, trials: kept, omitted: trials.length - kept.length };
}
