// SPDX-License-Identifier: Apache-2.0
import { PipelineError } from '../errors.ts';
import type { Dataset } from './data-section.ts';
import type { DatasetOrigin } from './origin-section.ts';
import type { PipelineDocument } from './parse-pipeline-file.ts';
import { isPinned } from './pinned-origin.ts';
import { splitParts } from './split-parts.ts';
import { datasetFile } from './step-plan.ts';

/**
 * Refuses a second dataset of what another one seals rows of, unless it is cut in the same way: steps would be shown by it
 * what they must not see. Not asked of a rebuild, which does what was done. Throws PipelineError `sealed_input`, naming
 * the line.
 */
export function refuseSealedTwins(document: PipelineDocument): void {
  const { data = {}, steps } = document.file;
  const datasets = Object.entries(data).map(([name, dataset]) => ({
    name,
    dataset,
    source: sourceOf(dataset.from, datasetFile(steps, dataset)),
  }));
  const sealing = datasets.filter(({ dataset }) => isSealing(dataset));
  for (const { name, dataset, source } of datasets) {
    const twin = sealing.find(
      (one) => one.name !== name && one.source === source && cut(one.dataset) !== cut(dataset),
    );
    if (twin === undefined) continue;
    const line = document.lineOf(['data', name, 'from']);
    const message = `${document.name}:${line}: \`${name}\` is made of what \`${twin.name}\` seals rows of; read a split of that, or cut both in the same way`;
    throw new PipelineError('sealed_input', message, { details: { dataset: name } });
  }
}

function isSealing(dataset: Dataset): boolean {
  return splitParts(dataset).some(({ access }) => access === 'sealed');
}

/** What is read, whichever part of it: a file of a data version and the whole version are one source. */
function sourceOf(from: DatasetOrigin, file: string | undefined): string {
  if (isPinned(from)) return JSON.stringify({ snapshot: from.snapshot });
  return JSON.stringify('step' in from ? { step: from.step, file } : from);
}

function cut({ splits, exclusions = [] }: Dataset): string {
  return JSON.stringify([splits, exclusions]);
}
