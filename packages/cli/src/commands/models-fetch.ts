// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import type { ModelArtifactContent } from '@countersign/kernel';
import { fetchFiles } from '../client/fetch-files.ts';
import { bytesText } from '../client/transfer-progress.ts';
import { verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import type { Session } from '../session.ts';

export const modelsFetch: Command = {
  name: 'models fetch',
  summary: 'the files of a version, verified, into a directory',
  description:
    'Verifies the records of the version against the founding record, then each file by the digest that they name. What is there already is not fetched again, and a transfer that broke off goes on where it stopped.',
  example: 'countersign models fetch vendor-score@1 --out vendor-score --as vera.validator',
  arguments: [{ name: 'version', summary: 'MODEL@N' }],
  options: [
    { flags: '--out DIR', summary: 'where the files are laid out', isRequired: true },
    { flags: '--use USE', summary: 'the use; the one it was registered for unless given' },
  ],
  run: runFetch,
};

async function runFetch(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const directory = resolve(session.cwd, input.text('out'));
  const { artifact } = await verifiedVersion(session, name, input.optionalText('use'));
  // The platform signed this record; its shape is its own writer's.
  const content = artifact.statement.predicate.content as unknown as ModelArtifactContent;
  const { files } = content.manifest;
  const fetched = await fetchFiles(session, files, directory);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return done(
    { directory, files: files.length, fetched, bytes, artifact: artifact.digest },
    `${files.length} files, ${bytesText(bytes)}, in ${directory}: each has the bytes that ${name.model}@${name.version} was registered with`,
    `${fetched} fetched, ${files.length - fetched} were there already`,
  );
}
