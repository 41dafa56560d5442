// SPDX-License-Identifier: Apache-2.0
import type { EvidenceId } from '@countersign/kernel';
import type { Block } from '../document.ts';
import { isAttachment, presentAttachments } from './attachment.ts';
import type { DossierRecord, Presenter } from './content.ts';
import { presentDataQuality, presentDatasetSnapshot, presentRepresentativeness } from './data.ts';
import {
  presentEnvironmentLock,
  presentModelArtifact,
  presentSourceRevision,
  presentTestPlan,
  presentTrainingRun,
} from './development.ts';
import { presentFeatureCatalogue } from './features.ts';
import { presentAny } from './generic.ts';
import {
  presentApprovalRecord,
  presentChangeRecord,
  presentDeploymentRecord,
  presentExceptionRecord,
  presentFinding,
  presentSodCheck,
  presentValidationReport,
} from './governance.ts';
import {
  presentInventoryEntry,
  presentPolicyDocument,
  presentRiskTier,
  presentRoleAssignment,
  presentScopeDetermination,
} from './identity.ts';
import { presentModelSpec } from './model-spec.ts';
import { presentDecisionLog, presentIngestBatch, presentMonitoringResult } from './operation.ts';
import { isPaper, presentPaper } from './paper.ts';
import { presentReproduction } from './reproduction.ts';
import { presentMeasurements } from './testing.ts';

const PRESENTERS: Readonly<Partial<Record<EvidenceId, Presenter>>> = {
  'inventory-entry': presentInventoryEntry,
  'scope-determination': presentScopeDetermination,
  'risk-tier': presentRiskTier,
  'role-assignment': presentRoleAssignment,
  'policy-document': presentPolicyDocument,
  'dataset-snapshot': presentDatasetSnapshot,
  'data-quality-report': presentDataQuality,
  'representativeness-report': presentRepresentativeness,
  'feature-catalogue': presentFeatureCatalogue,
  'source-revision': presentSourceRevision,
  'environment-lock': presentEnvironmentLock,
  'training-run': presentTrainingRun,
  'model-artifact': presentModelArtifact,
  'model-spec': presentModelSpec,
  'test-plan': presentTestPlan,
  'reproduction-attestation': presentReproduction,
  'performance-test': presentMeasurements,
  'robustness-test': presentMeasurements,
  'benchmark-test': presentMeasurements,
  'explainability-test': presentMeasurements,
  'fairness-test': presentMeasurements,
  'implementation-test': presentMeasurements,
  'validation-report': presentValidationReport,
  finding: presentFinding,
  'change-record': presentChangeRecord,
  'approval-record': presentApprovalRecord,
  'e-signature': presentApprovalRecord,
  'sod-check': presentSodCheck,
  'exception-record': presentExceptionRecord,
  'deployment-record': presentDeploymentRecord,
  'decision-log': presentDecisionLog,
  'outcome-record': presentIngestBatch,
  'monitoring-result': presentMonitoringResult,
  'outcomes-analysis': presentMonitoringResult,
};

/** The blocks of all records of one evidence id: papers as written, the rest by its presenter. */
export function presentEvidence(
  id: EvidenceId,
  records: readonly DossierRecord[],
): readonly Block[] {
  const present = PRESENTERS[id] ?? presentAny;
  if (id === 'validation-report') return present(records); // never attached
  const attached = records.filter(isAttachment);
  const made = records.filter((record) => !isAttachment(record));
  const papers = made.filter(isPaper);
  const others = made.filter((record) => !isPaper(record));
  return [...papers.flatMap(presentPaper), ...present(others), ...presentAttachments(attached)];
}
