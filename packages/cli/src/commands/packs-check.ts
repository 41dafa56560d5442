// SPDX-License-Identifier: Apache-2.0
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { checkPackText } from '../papers/check-pack.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';

export const packsCheck: Command = {
  name: 'packs check',
  summary: 'read pack files as the kernel would; every fault with line and column',
  description:
    'Needs no server. Also names what no model could meet: evidence asked for at intake that only a run can make, a lower tier held to more than a higher one.',
  example: 'countersign packs check frameworks/house-rules.yaml',
  arguments: [{ name: 'file', summary: 'YAML files', isRepeated: true }],
  run: checkPacks,
};

async function checkPacks(input: Input, session: Session): Promise<Outcome> {
  const files = input.argumentList('file');
  const checked = files.map((file) => ({
    file,
    ...checkPackText(readTextFile(session.cwd, file)),
  }));
  const lines = checked.flatMap(({ file, pack, problems }) =>
    problems.length > 0
      ? problems.map(
          ({ line, column, member, problem }) =>
            `${file}:${line}:${column}: ${member === '' ? '' : `${member}: `}${problem}`,
        )
      : [
          `${file} is pack ${pack?.id} ${pack?.version}: ${pack?.clauses.length} clauses, ${pack?.documents.length} documents`,
        ],
  );
  const result = {
    files: checked.map(({ file, pack, problems }) => ({
      file,
      ...(pack === undefined
        ? {}
        : { id: pack.id, version: pack.version, clauses: pack.clauses.length }),
      problems,
    })),
  };
  const isFaulty = checked.some(({ problems }) => problems.length > 0);
  return isFaulty ? refused(result, ...lines) : done(result, ...lines);
}
