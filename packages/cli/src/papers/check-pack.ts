// SPDX-License-Identifier: Apache-2.0
import { type FrameworkPack, formatPackPath, packFaults, parsePack } from '@countersign/kernel';
import { readYamlText } from '@countersign/pipeline';
import type { PolicyProblem } from './check-policy.ts';

export interface PackCheck {
  /** Absent where its form is wrong. */
  readonly pack?: FrameworkPack;
  readonly problems: readonly PolicyProblem[];
}

/** Every fault of a pack file with its place: of YAML, else of form, else of sense. */
export function checkPackText(text: string): PackCheck {
  const read = readYamlText(text, { aliasesMax: 0 });
  if (!read.ok) {
    const problems = read.problems.map(({ line, column = 1, message }) => ({
      line,
      column,
      member: '',
      problem: message,
    }));
    return { problems };
  }
  const { value, placeOf } = read.text;
  const parsed = parsePack(value);
  const found = parsed.ok ? packFaults(parsed.pack) : parsed.problems;
  const problems = found.map(({ path, message }) => ({
    ...placeOf(path),
    member: formatPackPath(path),
    problem: message,
  }));
  return parsed.ok ? { pack: parsed.pack, problems } : { problems };
}
