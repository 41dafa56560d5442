// SPDX-License-Identifier: Apache-2.0
import {
  CommitteeFile,
  DeputiesFile,
  PolicyFile,
  QuestionnaireFile,
  RetentionFile,
} from '@countersign/contract';
import {
  type Json,
  KernelError,
  readCommitteeCharter,
  readDeputies,
  readPolicy,
  readQuestionnaire,
  readRetentionPolicy,
} from '@countersign/kernel';
import type { z } from 'zod';
import type { YamlFile } from './yaml-file.ts';

/** Files by which the firm sets its own rules: told apart by a member that only one kind has. */
const KINDS = [
  { kind: 'promotion-policy', mark: 'transitions', schema: PolicyFile, read: readPolicy },
  { kind: 'questionnaire', mark: 'questions', schema: QuestionnaireFile, read: readQuestionnaire },
  { kind: 'committee', mark: 'quorum', schema: CommitteeFile, read: readCommitteeCharter },
  { kind: 'deputies', mark: 'deputations', schema: DeputiesFile, read: readDeputies },
  { kind: 'retention', mark: 'rules', schema: RetentionFile, read: readRetentionPolicy },
] as const satisfies readonly {
  readonly kind: string;
  readonly mark: string;
  readonly schema: z.ZodType;
  readonly read: (json: Json) => unknown;
}[];
export type CheckedKind = (typeof KINDS)[number]['kind'];

export interface PolicyProblem {
  readonly line: number;
  readonly column: number;
  /** As a path: `transitions.staging.approvals[0].role`. */
  readonly member: string;
  readonly problem: string;
}

export interface PolicyCheck {
  readonly kind: CheckedKind | undefined;
  readonly problems: readonly PolicyProblem[];
}

const PROBLEMS_MAX = 50;

/** Every fault of a policy file with its place: those of its shape together, then what the kernel's reader refuses. */
export function checkPolicyFile(yaml: YamlFile): PolicyCheck {
  const value = yaml.value as Json; // the core schema of YAML yields JSON values only
  const found = KINDS.find(
    ({ mark }) => typeof value === 'object' && value !== null && mark in value,
  );
  if (found === undefined) {
    const marks = KINDS.map(({ kind, mark }) => `\`${mark}\` (${kind})`).join(', ');
    const problem = `it is no policy file: one has ${marks}`;
    return { kind: undefined, problems: [{ line: 1, column: 1, member: '', problem }] };
  }
  const shape = problemsOfShape(yaml, found.schema);
  const problems = shape.length > 0 ? shape : problemOfReader(yaml, () => found.read(value));
  return { kind: found.kind, problems };
}

function problemsOfShape(yaml: YamlFile, schema: z.ZodType): readonly PolicyProblem[] {
  const parsed = schema.safeParse(yaml.value);
  if (parsed.success) return [];
  return parsed.error.issues
    .flatMap(flattened)
    .slice(0, PROBLEMS_MAX)
    .flatMap((issue) => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [undefined];
      return unknown.map((key) => {
        const path = key === undefined ? issue.path : [...issue.path, key];
        const problem =
          key === undefined
            ? issue.message
            : `\`${key}\` is not known here: take it out or mend its name`;
        return { ...yaml.placeOf(path), member: pathText(path), problem };
      });
    });
}

type Issue = z.core.$ZodIssue;

/** Of a choice between shapes the nearest: the one with the fewest faults. */
function flattened(issue: Issue): readonly Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const [nearest = []] = [...issue.errors].sort((a, b) => a.length - b.length);
  return nearest.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

function problemOfReader(yaml: YamlFile, read: () => unknown): readonly PolicyProblem[] {
  try {
    read();
    return [];
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const path = keysOf(String(cause.details.path ?? ''));
    return [{ ...yaml.placeOf(path), member: pathText(path), problem: cause.message }];
  }
}

/** `policy.transitions.staging.conditions[2].gate` as keys below `policy`. */
function keysOf(path: string): readonly (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)]
    .map(([text, index]) => (index === undefined ? text : Number(index)))
    .slice(1);
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}
