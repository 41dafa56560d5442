// SPDX-License-Identifier: Apache-2.0
import type { ArtifactManifest } from '@countersign/kernel';
import { AnalysisError } from '../errors.ts';
import type { ReadArtefact } from './command/lay-out-artefact.ts';
import { type CommandGround, openCommandScorer } from './command/open-command-scorer.ts';
import { openScorer, type Scorer } from './open-scorer.ts';
import type { ScorerSpec } from './scorer-spec.ts';

/**
 * Opens what a manifest says scores: an ONNX model in this process, or a program in its sandbox. `read` gives the bytes of
 * the manifest's files; what they must be, the caller has checked or the digests say. Throws AnalysisError; for `remote`, and
 * for a `command` that does not say how it is started, `scorer_unsupported`.
 */
export async function openArtefact(
  at: { readonly manifest: ArtifactManifest; readonly read: ReadArtefact },
  spec: ScorerSpec,
  ground: CommandGround,
): Promise<Scorer> {
  const { scorer, entry } = at.manifest;
  if (scorer === 'onnx') return openScorer(await at.read(entry), spec);
  if (scorer === 'command') return openCommandScorer(at, spec, ground);
  throw new AnalysisError(
    'scorer_unsupported',
    `a \`${scorer}\` scorer answers elsewhere; nothing here can ask it`,
  );
}

/** What went wrong with a scorer and not with a row: the model gave no answer, and another row might get one. */
const FAULTS: ReadonlySet<string> = new Set([
  'scorer_timeout',
  'scorer_ended',
  'scorer_protocol',
  'scorer_busy',
  'scorer_down',
  'scorer_closed',
]);

export function isScorerFault({ code }: AnalysisError): boolean {
  return FAULTS.has(code);
}
