// SPDX-License-Identifier: Apache-2.0
import { latestItem } from '@countersign/kernel';
import type { ServerContext } from '../context.ts';
import { countConfirmations } from './count-confirmations.ts';
import { developerDrafts } from './developer-drafts.ts';
import { developmentTable } from './development-table.ts';
import type { TestGround } from './evaluate-development.ts';
import type { JobRunner, JobWork } from './job.ts';
import { readParams, versionParams } from './job-params.ts';
import type { ReportPlace } from './measurement-content.ts';
import { recordTests, type TestDraft } from './record-tests.ts';
import { openVersionScorer, type VersionFacts, versionFacts } from './version-facts.ts';

/**
 * Developer tests: measures a version against the plan of its pipeline file, as it stood at the commit that was run.
 * @throws ServerError `version_unknown`, `evidence_unavailable`; AnalysisError for a broken plan or table
 */
export const testJob: JobRunner = async (context, work) => {
  const params = readParams(versionParams, work.params);
  const facts = await versionFacts(context, await context.records.current(), params);
  const drafts = countConfirmations(facts, await developerTests(context, facts, work));
  return async (tx) => {
    const records = await recordTests(context, tx, { facts, producer: 'validation', drafts });
    const conclusions = Object.fromEntries(
      drafts.map(({ type, kind, content }) => [
        kind === undefined ? type : `${type}/${kind}`,
        content.conclusion,
      ]),
    );
    const { model, version } = params;
    return { records, model, version, conclusions };
  };
};

async function developerTests(
  context: ServerContext,
  facts: VersionFacts,
  work: Pick<JobWork, 'report' | 'scratch'>,
): Promise<readonly TestDraft[]> {
  const development = await developmentTable(context, facts);
  const scorer = await openVersionScorer(context, facts);
  try {
    return await measure(context, { facts, development, scorer, work });
  } finally {
    await scorer.close();
    development.table.close();
  }
}

async function measure(context: ServerContext, ground: TestGround): Promise<readonly TestDraft[]> {
  const { facts, development } = ground;
  const plan = latestItem(facts.set, facts.version, { id: 'test-plan', kind: 'development' });
  const place: ReportPlace = {
    phase: 'development',
    data: {
      description: development.description,
      digest: development.content,
      rows: development.table.rowCount,
    },
    ...(plan === undefined ? {} : { plan: plan.digest }),
  };
  const rest = {
    source: plan === undefined ? [] : [plan.digest],
    blobs: [development.predictions],
  };
  return developerDrafts(context, ground, place, rest);
}
