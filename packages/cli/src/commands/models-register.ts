// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { recordRoutes, registryRoutes } from '@countersign/contract';
import type { Json, ModelLocation } from '@countersign/kernel';
import { runJob } from '../client/jobs.ts';
import { parseModelName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { personStatement } from '../signing/person-statement.ts';
import { signRequest } from './run.ts';

export const modelsRegister: Command = {
  name: 'models register',
  summary: 'a version that no run of ours makes: imported files, or a model that runs elsewhere',
  description:
    'Stores the files, signs a request that names each by digest, and has the platform register the next version. An ONNX artefact with a --spec is served by the gateway (grade enforced); other imported files can be refused by a gate (checked); an external model is what its owner says (attested). Whoever asks counts as its developer.',
  example:
    'countersign models register vendor-score --origin external --use underwriting --vendor "Vendor Inc." --document methodology.pdf --as omar.owner',
  arguments: [{ name: 'model', summary: 'name of the model' }],
  options: [
    {
      flags: '--origin ORIGIN',
      summary: 'imported or external',
      isRequired: true,
      choices: ['imported', 'external'],
    },
    { flags: '--use USE', summary: 'the use; the only one of its inventory entry unless given' },
    { flags: '--files DIR', summary: 'imported: a directory of files, or one file' },
    { flags: '--entry PATH', summary: 'imported: the file that is scored with' },
    {
      flags: '--spec FILE',
      summary: 'YAML with `artifact` and `decision`, as in countersign.yaml',
    },
    { flags: '--vendor NAME', summary: 'who makes it' },
    {
      flags: '--document FILE',
      summary: 'external: a document that identifies it',
      isRepeated: true,
    },
    {
      flags: '--file FILE',
      summary: 'external: a file of it, such as a workbook',
      isRepeated: true,
    },
    {
      flags: '--endpoint URL=FILE',
      summary: 'external: where it answers, and the file that describes what answers there',
      isRepeated: true,
    },
  ],
  run: runRegister,
};

interface Named {
  /** Path in the manifest. */
  readonly path: string;
  readonly from: string;
  readonly location?: Omit<ModelLocation, 'digest'>;
}

async function runRegister(input: Input, session: Session): Promise<Outcome> {
  const model = parseModelName(input.argument('model'));
  const origin = input.text('origin');
  const named =
    origin === 'imported' ? importedFiles(input, session) : externalFiles(input, session);
  const use = input.optionalText('use') ?? (await onlyUse(session, model));
  const stored = [];
  for (const one of named) {
    session.progress(`storing ${one.path}`);
    stored.push({ ...one, ...(await storeFile(session, one.from)) });
  }
  const specFile = input.optionalText('spec');
  const spec =
    specFile === undefined ? undefined : await storeFile(session, resolve(session.cwd, specFile));
  const location = stored.flatMap((one) =>
    one.location === undefined ? [] : [{ ...one.location, digest: one.digest }],
  );
  const params: Json = {
    origin,
    files: stored.map(({ path, digest, size }) => ({ path, digest, size })),
    ...text('entry', input.optionalText('entry')),
    ...text('vendor', input.optionalText('vendor')),
    ...text('spec', spec?.digest),
    ...(origin === 'external' ? { location } : {}),
  };
  const { workspace } = session.profile();
  const blobs = [
    ...stored.map(({ digest }) => digest),
    ...(spec === undefined ? [] : [spec.digest]),
  ];
  const statement = personStatement(
    {
      type: 'run-request',
      kind: 'register',
      scope: 'model',
      subjectRef: { workspace, model, use },
      blobs: [...new Set(blobs)],
      content: { job: 'register', params },
    },
    { account: session.account(), founding: session.root(), now: session.now() },
  );
  const request = await signRequest(session, statement);
  const result = await runJob(session, { kind: 'register', params: {}, request });
  const version = Number(result.version);
  const page = await session
    .client()
    .call(registryRoutes.version, { params: { model, version }, query: { use } });
  return done(
    { ...result, enforcement: page.enforcement },
    `registered ${model}@${version}, ${page.origin}, enforcement grade ${page.enforcement}`,
    ...(page.spec === undefined
      ? [
          'it has no specification: no change request can be opened for it; register it again with --spec',
        ]
      : []),
  );
}

function text(name: string, value: string | undefined): { readonly [name: string]: string } {
  return value === undefined ? {} : { [name]: value };
}

const FILES_MAX = 1000;

function importedFiles(input: Input, session: Session): readonly Named[] {
  refuseOptions(input, 'imported', ['document', 'file', 'endpoint']);
  const top = resolve(session.cwd, input.text('files'));
  if (!isDirectory(top)) return [{ path: basename(top), from: top }];
  const found = readdirSync(top, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (found.length === 0 || found.length > FILES_MAX)
    throw usage(`\`${top}\` holds ${found.length} files; a version has 1 to ${FILES_MAX}`);
  return found.map((from) => ({ path: relative(top, from).split(sep).join('/'), from }));
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (cause) {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  }
}

function externalFiles(input: Input, session: Session): readonly Named[] {
  refuseOptions(input, 'external', ['files', 'entry']);
  const at = (what: ModelLocation['what'], name: string, file: string): Named => ({
    path: `${what}/${basename(file)}`,
    from: resolve(session.cwd, file),
    location: { what, name },
  });
  const named = [
    ...input.list('document').map((file) => at('document', basename(file), file)),
    ...input.list('file').map((file) => at('file', basename(file), file)),
    ...input.list('endpoint').map((given) => {
      const split = given.lastIndexOf('=');
      if (split < 1)
        throw usage(
          `\`${given}\` is not URL=FILE`,
          'name a file that describes what answers there',
        );
      return at('endpoint', given.slice(0, split), given.slice(split + 1));
    }),
  ];
  if (named.length === 0)
    throw usage('nothing identifies it', 'give --document, --file or --endpoint');
  return named;
}

function refuseOptions(input: Input, origin: string, names: readonly string[]): void {
  const given = names.find(
    (name) => input.optionalText(name) !== undefined || input.list(name).length > 0,
  );
  if (given !== undefined) throw usage(`\`--${given}\` does not go with \`--origin ${origin}\``);
}

async function storeFile(session: Session, path: string) {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new CliError('file_missing', `\`${path}\` cannot be read; check the path`, { cause });
  }
  const body = { body: bytes, contentType: 'application/octet-stream' };
  return session.client().call(recordRoutes.putBlob, body);
}

async function onlyUse(session: Session, model: string): Promise<string> {
  const { uses } = await session.client().call(registryRoutes.model, { params: { model } });
  const [first, second] = uses;
  if (first === undefined || second !== undefined)
    throw usage(`\`${model}\` has ${uses.length} uses`, 'name one with --use');
  return first.use;
}
