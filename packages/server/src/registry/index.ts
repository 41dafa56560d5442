// SPDX-License-Identifier: Apache-2.0

export {
  type ComputedTier,
  computeTier,
  type Questionnaire,
  readQuestionnaire,
} from '../tiering/index.ts';
export { type AdoptedPack, adoptedPacks, wantedPacks } from './adopted-packs.ts';
export {
  type GraphEdge,
  type GraphNode,
  type InventoryGraph,
  inventoryGraph,
  type SharedRisk,
  sharedRisk,
} from './aggregate-risk.ts';
export { type AsOfAnswer, momentOf, productionAsOf } from './as-of.ts';
export { carriedEvidence } from './carried-evidence.ts';
export { type EvidenceStatusReport, evidenceStatus, isDueStage } from './evidence-status.ts';
export { type CaseSubject, exportCase } from './export-case.ts';
export {
  type InventoryModel,
  type InventoryUse,
  type InventoryVersion,
  inventory,
  inventoryModel,
} from './inventory.ts';
export { tierOfUse, usesOf } from './inventory-parts.ts';
export {
  type Lineage,
  lineageOf,
  type RecordSummary,
  restingOn,
  summaryOf,
} from './lineage.ts';
export {
  type GraphLimits,
  type LineageEdge,
  type LineageGraph,
  type LineageNode,
  lineageGraph,
} from './lineage-graph.ts';
export { loadQuestionnaire } from './load-questionnaire.ts';
export {
  type PackEffect,
  type PackEffectItem,
  type PackItem,
  packEffect,
} from './pack-effect.ts';
export { type PackInForce, packHistory, packsInForce, policyDocuments } from './packs.ts';
export { loadPromotionPolicy } from './promotion-policy.ts';
export { refuseUnknownModel } from './refuse-unknown-model.ts';
export {
  missingIntake,
  type Stage,
  stageOfUse,
  stageWord,
  type UseRef,
  type VersionRef,
} from './stage.ts';
export { type LineageItem, type VersionPage, versionPage } from './version-page.ts';
export { type RegisteredVersion, registeredVersions, takeVersionNumber } from './versions.ts';
export { parseYaml, type YamlSource } from './yaml-source.ts';
