// SPDX-License-Identifier: Apache-2.0
import { evaluatePlan, type Scorer, type TestingEvaluation } from '@countersign/analysis';
import {
  cutoffOfSpec,
  type DevelopmentTable,
  datasetOf,
  protectedOf,
  unavailable,
} from './development-table.ts';
import type { JobWork } from './job.ts';
import type { VersionFacts } from './version-facts.ts';

/** What developer tests are measured on. */
export interface TestGround {
  readonly facts: VersionFacts;
  readonly development: DevelopmentTable;
  readonly scorer: Scorer;
  readonly work: Pick<JobWork, 'report' | 'scratch'>;
}

/** The developer's figures; the validator's replication calls the same on the same stored inputs. */
export function evaluateDevelopment(
  ground: Pick<TestGround, 'facts' | 'development' | 'scorer'>,
): Promise<TestingEvaluation> {
  const { facts, development, scorer } = ground;
  const { testing } = facts.file;
  if (testing === undefined) throw unavailable('the pipeline file has no `testing` section');
  return evaluatePlan(testing, development.table, {
    roles: development.roles,
    cutoff: cutoffOfSpec(facts),
    protected: protectedOf(datasetOf(facts, development.name)),
    scorer,
  });
}
