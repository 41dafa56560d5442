// SPDX-License-Identifier: Apache-2.0
import { dueOf, levelOf, TIERS } from '@countersign/kernel';
import { beforeAll, describe, expect, test } from 'vitest';
import { type LoadedPack, loadPack } from './load-pack.ts';

// The rows of the requirement catalogue, section 6: clause, evidence, producers, gates and checks.
const CATALOGUE = `
n12.category | scope-determination, intended-use | human | gate/intake
n12.definition-statement | intended-use, model-spec | human | gate/intake
n81.characterisation | risk-file, model-spec | human | gate/candidate
n41.clinical-association | clinical-evidence | human | gate/validation
n41.analytical-validation | performance-test, implementation-test | validation | gate/validation
n41.clinical-validation | clinical-evidence, performance-test | validation, human | gate/validation
n41.independent-review | validation-report, sod-check | registry | gate/validation
n41.continuous-learning | outcomes-analysis, periodic-review | monitoring | gate/review
gmlp.1.intended-use | intended-use, role-assignment | human | gate/intake
gmlp.2.engineering-security | source-revision, environment-lock, integrity-check | pipeline, platform | gate/train
gmlp.3.representative-data | representativeness-report | pipeline | gate/data
gmlp.4.independent-test-set | data-quality-report, dataset-snapshot | pipeline | gate/train
gmlp.5.reference-standard | dataset-datasheet | human | gate/data
gmlp.6.model-fit | design-rationale | human | gate/candidate
gmlp.7.human-ai-team | human-factors-test | validation | gate/validation
gmlp.8.clinically-relevant-testing | performance-test, clinical-evidence | validation | gate/validation
gmlp.9.user-information | instructions-for-use | registry | gate/approval
gmlp.10.monitoring-retraining | monitoring-plan, monitoring-result, change-plan | monitoring | check/drift, gate/change
pccp.1.description | change-plan | human | gate/approval
pccp.2a.data-management | change-plan, dataset-datasheet | human | gate/data
pccp.2b.retraining | change-plan, training-run | pipeline | gate/train
pccp.2c.performance-evaluation | change-plan, test-plan, performance-test | validation | gate/validation
pccp.2d.update | change-plan, deployment-record | registry | gate/deploy
pccp.2e.traceability | change-plan, change-record | registry | gate/change
pccp.3.impact-assessment | change-plan, risk-file | human | gate/approval
pccp.4.execution-in-bounds | change-record, regulatory-record, validation-report | registry | gate/change
pccp.5.version-and-labelling | inventory-entry, instructions-for-use | registry | check/freshness
pccp.6.plan-change | change-plan, regulatory-record | human | gate/change
aidsf.device-description | model-spec, intended-use | human | gate/candidate
aidsf.user-interface-labelling | instructions-for-use, human-factors-test | human | gate/approval
aidsf.risk-assessment | risk-file | human | gate/candidate
aidsf.data-management | dataset-datasheet, representativeness-report, data-quality-report | pipeline, human | gate/data
aidsf.model-development | model-spec, training-run, design-rationale | pipeline | gate/candidate
aidsf.validation | test-plan, performance-test, robustness-test, human-factors-test | validation | gate/validation
aidsf.performance-monitoring | monitoring-plan | human | gate/approval
aidsf.cybersecurity | robustness-test, risk-file, environment-lock | validation | gate/validation
aidsf.public-summary | generated-document | registry | gate/approval
62304.4-5.1.planning-class | risk-tier, policy-document | human | gate/intake
62304.5.2-5.4.requirements-design | model-spec, design-rationale, risk-file | human | gate/candidate
62304.5.5-5.7.verification | implementation-test, performance-test | validation | gate/deploy
62304.5.8.release | approval-record, reproduction-attestation, finding | registry | gate/approval, check/repro
62304.6.maintenance | change-record, finding | human | gate/change
62304.7.software-risk | risk-file, implementation-test | human | gate/validation
62304.8.configuration | config-baseline, environment-lock, change-record | platform | gate/change, check/integrity
62304.9.problem-resolution | incident-record, finding | human | gate/review
14971.analysis-evaluation | risk-file | human | gate/candidate
14971.control-verification | risk-file, implementation-test | validation | gate/validation
14971.residual-benefit | risk-file, approval-record | human | gate/approval
14971.production-information | monitoring-result, incident-record, risk-file | monitoring | gate/review
qmsr.820.design-history | generated-document, training-run | registry | check/freshness
qmsr.820.complaints-capa | incident-record, finding, regulatory-record | human | check/clock
`;

let loaded: LoadedPack;
beforeAll(async () => {
  const file = new URL('../../../../frameworks/fda-samd.yaml', import.meta.url);
  loaded = await loadPack(file.pathname);
});

describe('fda-samd', () => {
  test('has the fifty-one clauses of the catalogue with their evidence, producers and gates', () => {
    const rows = loaded.pack.clauses.map((clause) =>
      [
        clause.id.replace('fda-samd/', ''),
        clause.evidence.map(({ id }) => id).join(', '),
        clause.producers.join(', '),
        clause.enforcedBy.join(', '),
      ].join(' | '),
    );
    expect(rows).toEqual(CATALOGUE.trim().split('\n'));
    expect(rows).toHaveLength(51);
  });

  test('gives each clause a level for each tier, never stricter for a lower one', () => {
    for (const clause of loaded.pack.clauses) {
      const levels = TIERS.map((tier) => levelOf(clause, tier));
      expect(levels).toEqual([...levels].sort());
    }
  });

  test('makes nothing due at intake that only a run can produce', () => {
    const atIntake = loaded.pack.clauses.flatMap((clause) =>
      clause.evidence.filter((item) => dueOf(clause, item) === 'intake').map(({ id }) => id),
    );
    expect([...new Set(atIntake)].sort()).toEqual([
      'intended-use',
      'policy-document',
      'risk-tier',
      'role-assignment',
      'scope-determination',
    ]);
  });

  test('says of the lifecycle guidance that it is a draft, wherever it is cited', () => {
    const cited = loaded.pack.clauses.filter(({ id }) => id.includes('/aidsf.'));
    expect(cited).toHaveLength(9);
    for (const { ref } of cited) expect(ref).toContain('draft');
  });
});
