// SPDX-License-Identifier: Apache-2.0
import type { RecordSet } from '../records/record-set.ts';
import { asObject, asOneOf, type JsonObject } from '../records/shape.ts';
import { latestItem, type VersionContext } from './evidence-items.ts';
import { ORIGINS, type Origin } from './pack.ts';

/**
 * What stands between a version and an answer without a warrant (design.md, section 2). `enforced`: our gateway serves
 * these bytes and verifies the warrant itself. `checked`: something else runs them, and a gate or an admission check may
 * refuse them. `attested`: it runs where nothing of ours is; the owner declares what it is.
 */
export type EnforcementGrade = 'enforced' | 'checked' | 'attested';

/** Weakest first. */
export const ENFORCEMENT_GRADES: readonly EnforcementGrade[] = ['attested', 'checked', 'enforced'];

/** Where a version comes from, as its artefact's record says; a run's says nothing of it and was built. */
export function originOf(artifact: JsonObject): Origin {
  return artifact.origin === undefined
    ? 'built'
    : asOneOf(artifact.origin, ORIGINS, 'content.origin');
}

export function originOfVersion(set: RecordSet, context: VersionContext): Origin {
  const artifact = latestItem(set, context, { id: 'model-artifact' });
  return artifact === undefined ? 'built' : originOf(artifact.statement.predicate.content);
}

/** Nothing is assumed: a version whose records do not show that our gateway can serve it is graded lower. */
export function enforcementGrade(set: RecordSet, context: VersionContext): EnforcementGrade {
  const artifact = latestItem(set, context, { id: 'model-artifact' })?.statement.predicate;
  if (artifact === undefined || originOf(artifact.content) === 'external') return 'attested';
  const { scorer, command } = asObject(artifact.content.manifest, 'content.manifest');
  const spec = latestItem(set, context, { id: 'model-spec' })?.statement.predicate;
  const isScored = scorer === 'onnx' || (scorer === 'command' && command !== undefined);
  const isServed = isScored && spec?.subjectRef.artifactDigest === context.artifactDigest;
  return isServed ? 'enforced' : 'checked';
}

const NOT_PINNED = {
  python:
    'it runs as a program: model, adapter, packages and Python itself are pinned by digest, Python’s standard library and the system’s libraries are the gateway machine’s own',
  host: 'it runs as a program of the gateway machine: the programs named are pinned by version and digest, their libraries and packages are whatever is installed there',
};

/**
 * What is weaker in a version of grade `enforced` than in one whose bytes hold everything that computes; undefined where
 * nothing is. No answer leaves without a warrant either way: this is of what the answer rests on.
 */
export function enforcementCaveat(set: RecordSet, context: VersionContext): string | undefined {
  if (enforcementGrade(set, context) !== 'enforced') return undefined;
  const artifact = latestItem(set, context, { id: 'model-artifact' })?.statement.predicate;
  const { scorer, command } = asObject(artifact?.content.manifest, 'content.manifest');
  if (scorer !== 'command') return undefined;
  const { environment } = asObject(command, 'content.manifest.command');
  const { kind } = asObject(environment, 'content.manifest.command.environment');
  return kind === 'python' ? NOT_PINNED.python : NOT_PINNED.host;
}

/** The weakest of several; nothing at all is what an owner says. */
export function weakestGrade(grades: readonly EnforcementGrade[]): EnforcementGrade {
  return ENFORCEMENT_GRADES.find((grade) => grades.includes(grade)) ?? 'attested';
}
