// SPDX-License-Identifier: Apache-2.0
import type { z } from 'zod';
import { PipelineError } from '../errors.ts';
import { type PipelineFile, pipelineFileSchema } from './schema.ts';
import { readYamlText } from './yaml-text.ts';

type Path = readonly PropertyKey[];

/** A valid pipeline file, with the line (from 1) at which the value or key of a path is written. */
export interface PipelineDocument {
  readonly file: PipelineFile;
  readonly name: string;
  lineOf(path: Path): number;
}

interface FileIssue {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

const ALIASES_MAX = 100;
const ISSUES_SHOWN_MAX = 20;
/** Each is looked for in the file; nobody reads on after these. */
const ISSUES_READ_MAX = 100;
/** Names under which people write credentials. */
const CREDENTIAL = /password|passwd|secret|token|credential|access_?key|api_?key|session/i;

/**
 * Parses `countersign.yaml` (YAML 1.2 core schema). Duplicate and unknown keys are refused. Throws PipelineError
 * `pipeline_file_invalid`, whose `details.issues` lists {path, line, message}.
 */
export function parsePipelineFile(text: string, name = 'countersign.yaml'): PipelineDocument {
  const read = readYamlText(text, { aliasesMax: ALIASES_MAX });
  if (!read.ok) {
    const issues = read.problems.map(({ line, message }) => ({
      path: '',
      line,
      message: lowerFirst(message),
    }));
    throw invalid(name, issues);
  }
  const { value, lineOf } = read.text;
  const parsed = pipelineFileSchema.safeParse(value);
  if (!parsed.success) {
    const issues = parsed.error.issues
      .slice(0, ISSUES_READ_MAX)
      .flatMap((issue) => describeIssue(issue, [], lineOf));
    throw invalid(name, issues);
  }
  return { file: parsed.data, name, lineOf };
}

function invalid(name: string, issues: readonly FileIssue[]): PipelineError {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX).map((issue) => {
    const where = issue.path === '' ? '' : `\`${issue.path}\`: `;
    return `${name}:${issue.line}: ${where}${issue.message}`;
  });
  return new PipelineError('pipeline_file_invalid', shown.join('\n'), {
    details: { file: name, issues },
  });
}

function describeIssue(
  issue: z.core.$ZodIssue,
  prefix: Path,
  lineOf: (path: Path) => number,
): FileIssue[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, ISSUES_READ_MAX).map((key) => ({
      path: pathText([...path, key]),
      line: lineOf([...path, key]),
      message: CREDENTIAL.test(key)
        ? 'no key or password stands in the pipeline file; it comes from the environment of whoever runs it'
        : 'unknown key; see the JSON Schema of countersign.yaml for those that exist',
    }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest !== undefined) {
      return closest
        .slice(0, ISSUES_READ_MAX)
        .flatMap((inner) => describeIssue(inner, path, lineOf));
    }
  }
  return [{ path: pathText(path), line: lineOf(path), message: lowerFirst(issue.message) }];
}

/**
 * The union branch that the writer most likely meant: the one whose first complaint lies deepest, and of those the one
 * with the fewest.
 */
function closestBranch(
  branches: readonly (readonly z.core.$ZodIssue[])[],
): readonly z.core.$ZodIssue[] | undefined {
  const depth = (issues: readonly z.core.$ZodIssue[]) =>
    Math.min(...issues.map((issue) => issue.path.length * 2 + Number(isAboutKeys(issue))));
  return branches
    .filter((issues) => issues.length > 0 && depth(issues) > 0)
    .toSorted((a, b) => depth(b) - depth(a) || complaints(a) - complaints(b))[0];
}

function complaints(issues: readonly z.core.$ZodIssue[]): number {
  const counts = issues.map((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.length : 1,
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

function isAboutKeys(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'unrecognized_keys' || issue.code === 'invalid_union';
}

function pathText(path: Path): string {
  return path.map(String).join('.');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
