// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { RunResult } from '../run/result.ts';
import type { RunGround } from '../run/run-ground.ts';
import { documentSearches } from '../trials/document-searches.ts';
import { buildCatalogue } from './build-catalogue.ts';
import { describeSteps } from './describe-steps.ts';

/** What a finished run says of its features; absent members where there is nothing to say. */
export async function documentFeatures(
  ground: Pick<RunGround, 'blobs' | 'checkout' | 'scratch' | 'document' | 'emit'>,
  ran: Pick<RunResult, 'steps' | 'snapshots' | 'evidence'> & { readonly commit: string },
): Promise<Pick<RunResult, 'transformations' | 'featureCatalogue' | 'searches'>> {
  const { blobs, checkout, document } = ground;
  ground.emit({ type: 'phase', text: 'what each step did between tables, and the features' });
  const workDir = (name: string) => join(ground.scratch, name);
  const transformations = await describeSteps(ran.steps, {
    blobs,
    checkout,
    commit: ran.commit,
    workDir: workDir('tables'),
    file: document.file,
  });
  const featureCatalogue = await buildCatalogue(ran, {
    blobs,
    workDir: workDir('features'),
    file: document.file,
  });
  const searches = await documentSearches(blobs, ran);
  return {
    ...(searches.length === 0 ? {} : { searches }),
    ...(transformations.length === 0 ? {} : { transformations }),
    ...(featureCatalogue === undefined ? {} : { featureCatalogue }),
  };
}
