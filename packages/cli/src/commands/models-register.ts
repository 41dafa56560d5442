// SPDX-License-Identifier: Apache-2.0
import { basename, resolve } from 'node:path';
import { registryRoutes } from '@countersign/contract';
import type { Json, ModelLocation } from '@countersign/kernel';
import { runJob } from '../client/jobs.ts';
import { type LocalFile, listLocalFiles } from '../client/local-files.ts';
import { storeFiles } from '../client/store-files.ts';
import { bytesText } from '../client/transfer-progress.ts';
import { parseModelName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';
import { personStatement } from '../signing/person-statement.ts';
import { signRequest } from './run.ts';

export const modelsRegister: Command = {
  name: 'models register',
  summary: 'a version that no run of ours makes: imported files, or a model that runs elsewhere',
  description:
    'Stores the files, signs a request that names each by digest, and has the platform register the next version. An ONNX artefact, or a program whose --spec says how it is started, is served by the gateway (grade enforced); other imported files can be refused by a gate (checked); an external model is what its owner says (attested). Whoever asks counts as its developer.',
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
    {
      flags: '--files DIR',
      summary: 'imported: a directory with all below it, or one file; of any size',
    },
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

interface Named extends LocalFile {
  readonly location?: Omit<ModelLocation, 'digest'>;
}

async function runRegister(input: Input, session: Session): Promise<Outcome> {
  const model = parseModelName(input.argument('model'));
  const origin = input.text('origin');
  const named =
    origin === 'imported' ? importedFiles(input, session) : externalFiles(input, session);
  const use = input.optionalText('use') ?? (await onlyUse(session, model));
  const { sent, sentBytes, files } = await storeFiles(session, named);
  const stored = files.map((file, index) => ({ ...named[index], ...file }));
  const specFile = input.optionalText('spec');
  const spec = specFile === undefined ? undefined : await storeFile(session, specFile);
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
    { ...result, enforcement: page.enforcement, files: stored.length, sent, sentBytes },
    `registered ${model}@${version}, ${page.origin}, enforcement grade ${page.enforcement}`,
    ...(page.enforcementCaveat === undefined ? [] : [page.enforcementCaveat]),
    `${stored.length} ${stored.length === 1 ? 'file' : 'files'}; ${sent} ${sent === 1 ? 'was' : 'were'} sent, ${bytesText(sentBytes)}`,
    ...(await missingEntry(session, model)),
    ...(page.spec === undefined
      ? [
          'it has no specification: no change request can be opened for it; register it again with --spec',
        ]
      : []),
  );
}

async function missingEntry(session: Session, model: string): Promise<readonly string[]> {
  const { entry } = await session.client().call(registryRoutes.model, { params: { model } });
  if (entry !== undefined) return [];
  return [
    `warning: \`${model}\` has no inventory entry, so no owner: sign one with \`countersign propose\` or \`countersign inventory import\``,
  ];
}

function text(name: string, value: string | undefined): { readonly [name: string]: string } {
  return value === undefined ? {} : { [name]: value };
}

function importedFiles(input: Input, session: Session): readonly Named[] {
  refuseOptions(input, 'imported', ['document', 'file', 'endpoint']);
  return listLocalFiles(resolve(session.cwd, input.text('files')));
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
  const from = resolve(session.cwd, path);
  const { files } = await storeFiles(session, [{ path: basename(from), from }]);
  return files[0];
}

async function onlyUse(session: Session, model: string): Promise<string> {
  const { uses } = await session.client().call(registryRoutes.model, { params: { model } });
  const [first, second] = uses;
  if (first === undefined || second !== undefined)
    throw usage(`\`${model}\` has ${uses.length} uses`, 'name one with --use');
  return first.use;
}
