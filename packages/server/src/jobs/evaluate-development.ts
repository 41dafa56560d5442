// SPDX-License-Identifier: Apache-2.0
import { evaluatePlan, type Scorer, type TestingEvaluation } from '@countersign/analysis';
import type { ServerContext } from '../context.ts';
import { proxyTables } from './alternative-scores.ts';
import {
  cutoffOfSpec,
  type DevelopmentTable,
  datasetOf,
  protectedOf,
  unavailable,
} from './development-table.ts';
import type { JobWork } from './job.ts';
import { laterRows } from './later-rows.ts';
import type { VersionFacts } from './version-facts.ts';

/** What developer tests are measured on. */
export interface TestGround {
  readonly facts: VersionFacts;
  readonly development: DevelopmentTable;
  readonly scorer: Scorer;
  readonly work: Pick<JobWork, 'report' | 'scratch'>;
}

/** The developer's figures; the validator's replication calls the same on the same stored inputs. */
export async function evaluateDevelopment(
  context: ServerContext,
  ground: Pick<TestGround, 'facts' | 'development' | 'scorer'>,
): Promise<TestingEvaluation> {
  const { facts, development, scorer } = ground;
  const { testing } = facts.file;
  if (testing === undefined) throw unavailable('the pipeline file has no `testing` section');
  const later = await laterRows(context, facts, scorer);
  try {
    return await evaluatePlan(testing, development.table, {
      roles: development.roles,
      cutoff: cutoffOfSpec(facts),
      protected: protectedOf(datasetOf(facts, development.name)),
      proxyTables: await proxyTables(context, facts, testing),
      later,
      scorer,
    });
  } finally {
    later?.table.close();
  }
}
