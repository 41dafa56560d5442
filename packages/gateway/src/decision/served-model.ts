// SPDX-License-Identifier: Apache-2.0
import {
  type CommandGround,
  openArtefact,
  parseReasonTable,
  type ReadArtefact,
  type ReasonTable,
  type Scorer,
  type ScorerSpec,
} from '@countersign/analysis';
import {
  type ArtifactManifest,
  fromUtf8,
  type ModelSpecContent,
  parseDecimal,
} from '@countersign/kernel';

/** A model ready to answer: its scorer, its decision rule and its reasons table. */
export interface ServedModel {
  readonly spec: ModelSpecContent;
  readonly scorer: Scorer;
  readonly cutoff: number;
  readonly reasons?: ReasonTable;
}

/** The artefact of a version; `read` gives bytes whose digests have been checked. */
export interface ServedArtefact {
  readonly manifest: ArtifactManifest;
  readonly read: ReadArtefact;
}

export function scorerSpec(spec: ModelSpecContent): ScorerSpec {
  return { inputs: spec.inputs, output: spec.output.name, outputIndex: spec.output.index };
}

/** Opens the model; its files are trusted by now. Throws AnalysisError. */
export async function openServedModel(
  spec: ModelSpecContent,
  artefact: ServedArtefact,
  ground: CommandGround,
): Promise<ServedModel> {
  const cutoff = parseDecimal(spec.decision.cutoff);
  const table = spec.reasons === undefined ? undefined : await artefact.read(spec.reasons.file);
  const reasons =
    table === undefined ? {} : { reasons: parseReasonTable(JSON.parse(fromUtf8(table))) };
  const scorer = await openArtefact(artefact, scorerSpec(spec), ground);
  return { spec, scorer, cutoff, ...reasons };
}
