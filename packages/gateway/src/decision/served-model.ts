// SPDX-License-Identifier: Apache-2.0
import {
  openScorer,
  parseReasonTable,
  type ReasonTable,
  type Scorer,
  type ScorerSpec,
} from '@countersign/analysis';
import { fromUtf8, type ModelSpecContent, parseDecimal } from '@countersign/kernel';

/** A model ready to answer: its scorer, its decision rule and its reasons table. */
export interface ServedModel {
  readonly spec: ModelSpecContent;
  readonly scorer: Scorer;
  readonly cutoff: number;
  readonly reasons?: ReasonTable;
}

export interface ServedFiles {
  readonly model: Uint8Array;
  readonly reasons?: Uint8Array;
}

export function scorerSpec(spec: ModelSpecContent): ScorerSpec {
  return { inputs: spec.inputs, output: spec.output.name, outputIndex: spec.output.index };
}

/** Opens the model; its files are trusted by now, their digests having been checked. Throws AnalysisError. */
export async function openServedModel(
  spec: ModelSpecContent,
  files: ServedFiles,
): Promise<ServedModel> {
  const scorer = await openScorer(files.model, scorerSpec(spec));
  const cutoff = parseDecimal(spec.decision.cutoff);
  if (files.reasons === undefined) return { spec, scorer, cutoff };
  return { spec, scorer, cutoff, reasons: parseReasonTable(JSON.parse(fromUtf8(files.reasons))) };
}
