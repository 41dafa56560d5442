// SPDX-License-Identifier: Apache-2.0
import type { Block } from '../../document.ts';
import type { DossierRecord, Fields } from '../content.ts';
import { alternativesBlocks } from './alternatives.ts';
import { backtestBlocks } from './backtest.ts';
import { challengersBlocks } from './challengers.ts';
import { clinicalBlocks } from './clinical.ts';
import { conceptualBlocks } from './conceptual.ts';
import { estimateBlocks } from './estimate.ts';
import { fairnessBlocks } from './fairness.ts';
import { insuranceBlocks } from './insurance.ts';
import { marketRiskBlocks } from './market-risk.ts';
import { noiseBlocks } from './noise.ts';
import { dependenceBlocks } from './partial-dependence.ts';
import { performanceBlocks } from './performance.ts';
import { permutationBlocks } from './permutation.ts';
import { priceBlocks } from './price.ts';
import { proxyBlocks } from './proxy.ts';
import { reasonsBlocks } from './reasons.ts';
import { replicationBlocks } from './replication.ts';
import { selectiveLabelsBlocks } from './selective-labels.ts';
import { shapleyBlocks } from './shapley.ts';
import { slicesBlocks } from './slices.ts';
import { stabilityBlocks } from './stability.ts';
import { stressBlocks } from './stress.ts';

/** Measurements of a report: over all rows, and by group. */
export interface MeasuredRows {
  readonly overall: readonly Fields[];
  readonly groups: readonly Fields[];
}

/** Pictures and tables of one kind of report, from its detail as the analysis package writes it. */
export type KindPresenter = (
  detail: Fields,
  record: DossierRecord,
  rows: MeasuredRows,
) => readonly Block[];

/** By the report's own `kind`; one file beside this for each. */
const KINDS: Readonly<Record<string, KindPresenter>> = {
  performance: performanceBlocks,
  backtest: backtestBlocks,
  'selective-labels': selectiveLabelsBlocks,
  stability: stabilityBlocks,
  fairness: fairnessBlocks,
  alternatives: alternativesBlocks,
  proxy: proxyBlocks,
  slices: slicesBlocks,
  replication: replicationBlocks,
  clinical: clinicalBlocks,
  estimate: estimateBlocks,
  insurance: insuranceBlocks,
  'market-risk': marketRiskBlocks,
  price: priceBlocks,
  stress: stressBlocks,
  noise: noiseBlocks,
  'partial-dependence': dependenceBlocks,
  permutation: permutationBlocks,
  shapley: shapleyBlocks,
  reasons: reasonsBlocks,
  conceptual: conceptualBlocks,
  challengers: challengersBlocks,
};

/** How a kind of report is printed; undefined for the kinds whose detail is told by its members. */
export function kindBlocks(kind: string): KindPresenter | undefined {
  return Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
}
