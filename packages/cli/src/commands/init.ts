// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PIPELINE_FILE } from '@countersign/pipeline';
import { parseModelName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError } from '../errors.ts';
import { scaffold } from '../intake/scaffold.ts';
import type { Session } from '../session.ts';

export const init: Command = {
  name: 'init',
  summary: 'scaffold a model’s repository: countersign.yaml, papers, intake',
  example:
    'countersign init my-model --model my-model --use underwriting --owner omar.owner --developer dana.developer',
  arguments: [
    { name: 'dir', summary: 'directory; the current one unless given', isOptional: true },
  ],
  options: [
    { flags: '--model MODEL', summary: 'name of the model', isRequired: true },
    { flags: '--use USE', summary: 'name of its use', isRequired: true },
    { flags: '--owner ACCOUNT', summary: 'who owns it', isRequired: true },
    { flags: '--developer ACCOUNT', summary: 'who builds it', isRequired: true },
  ],
  run: runInit,
};

function runInit(input: Input, session: Session): Promise<Outcome> {
  const directory = resolve(session.cwd, input.optionalArgument('dir') ?? '.');
  if (existsSync(join(directory, PIPELINE_FILE))) {
    throw new CliError(
      'refused',
      `\`${directory}\` has a ${PIPELINE_FILE} already; nothing was written`,
    );
  }
  const files = scaffold({
    model: parseModelName(input.text('model')),
    use: parseModelName(input.text('use')),
    owner: input.text('owner'),
    developer: input.text('developer'),
  });
  const taken = files
    .filter(({ path }) => existsSync(join(directory, path)))
    .map(({ path }) => path);
  if (taken.length > 0) {
    throw new CliError(
      'refused',
      `\`${directory}\` has ${taken.join(', ')} already; nothing was written`,
    );
  }
  for (const { path, text } of files) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { flag: 'wx' });
  }
  return Promise.resolve(
    done(
      { directory, files: files.map(({ path }) => path) },
      ...files.map(({ path }) => `wrote ${join(directory, path)}`),
      'next: fill in what says TODO, commit, then `countersign run --dry-run`',
    ),
  );
}
