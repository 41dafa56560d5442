// SPDX-License-Identifier: Apache-2.0
import { registersRoutes } from '@countersign/contract';
import {
  AFTER_REVIEW_KIND,
  afterReviewOf,
  ENVELOPE_KIND,
  type Json,
  KernelError,
  readEnvelope,
  readWarrantRecord,
  recordsOfType,
} from '@countersign/kernel';
import { resolveDigest } from '../client/digests.ts';
import { verifiedBundle, verifiedVersion } from '../client/verified-records.ts';
import { parseVersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { atFile, CliError } from '../errors.ts';
import { short } from '../output/table.ts';
import { parseYamlText, readTextFile, type YamlFile } from '../papers/yaml-file.ts';
import { changeRequestRecord } from '../records/change-request-review.ts';
import type { Session } from '../session.ts';
import { describeRecorded, signOne } from '../signing/sign-and-record.ts';
import { issueDocument } from './dossier.ts';

export const envelope: Command = {
  name: 'envelope',
  summary: 'draw up an envelope of changes approved in advance, and sign it first',
  description:
    'Reads the bounds from a YAML file (docs/guides/change-a-model.md). It counts once everybody whom a material change of the use takes in production has signed it: the others run `countersign sign DIGEST --add`.',
  example: 'countersign envelope consumer-credit@1 --file weekly-refit.yaml --as mia.risk',
  arguments: [{ name: 'version', summary: 'MODEL@N, the version in production that it is for' }],
  options: [
    { flags: '--file FILE', summary: 'its bounds, in YAML; must be given' },
    { flags: '--use USE', summary: 'the use; the one it was built for unless given' },
  ],
  run: drawUp,
};

export const envelopeRender: Command = {
  name: 'envelope render',
  summary: 'an envelope as a predetermined change control plan, in the outline of the FDA',
  description:
    'Description of modifications, modification protocol, impact assessment, compiled from the envelope and the records of its model. What is not there is printed as a gap.',
  example: 'countersign envelope render 3f2a9c0d1e4b --out pccp.pdf',
  arguments: [{ name: 'envelope', summary: 'digest, eight characters or more' }],
  options: [
    { flags: '--out FILE', summary: '.pdf (PDF/A), .html or .json', isRequired: true },
    { flags: '--for N', summary: 'print it for this version; the newest inside it unless given' },
  ],
  run: render,
};

export const afterReview: Command = {
  name: 'after-review',
  summary: 'review an emergency change that is in use already',
  description:
    'Model risk or a validator who did not build the version. Without a review that says `stands`, signed in time, the warrant ends when the policy’s `afterReviewDays` are over.',
  example:
    'countersign after-review 3f2a9c0d1e4b --outcome stands --reason "tested since" --as mia.risk',
  arguments: [
    { name: 'request', summary: 'digest of the change request, eight characters or more' },
  ],
  options: [
    {
      flags: '--outcome OUTCOME',
      summary: 'what comes of it',
      isRequired: true,
      choices: ['stands', 'revalidate', 'restrict', 'retire'],
    },
    { flags: '--reason TEXT', summary: 'why', isRequired: true },
  ],
  run: review,
};

async function drawUp(input: Input, session: Session): Promise<Outcome> {
  const name = parseVersionName(input.argument('version'));
  const { context, artifact } = await verifiedVersion(session, name, input.optionalText('use'));
  const { workspace, model, use, version } = context;
  const file = input.text('file');
  const yaml = parseYamlText(file, readTextFile(session.cwd, file));
  // A file of YAML scalars, lists and maps is JSON; the kernel's reader judges every member of it.
  const content = { ...datedBounds(yaml, session.now()), version };
  refuseBadEnvelope(yaml, content);
  const recorded = await signOne(session, {
    type: 'change-plan',
    kind: ENVELOPE_KIND,
    scope: 'use',
    subjectRef: { workspace, model, use },
    source: [artifact.digest],
    content,
  });
  return done(
    { ...recorded, version },
    describeRecorded(recorded),
    `the others run \`countersign sign ${short(recorded.digest)} --add\``,
  );
}

async function render(input: Input, session: Session): Promise<Outcome> {
  const digest = await resolveDigest(session.client(), input.argument('envelope'), {
    type: 'change-plan',
  });
  const { envelopes } = await session.client().call(registersRoutes.envelopes);
  const found = envelopes.find((one) => one.digest === digest);
  if (found === undefined) {
    throw new CliError('not_found', `no envelope \`${short(digest)}\` counts in the log`);
  }
  const version = input.count('for') ?? found.versions.at(-1) ?? found.version;
  const params = { document: 'doc/fda-pccp', use: found.use, envelope: digest };
  const name = { model: found.model, version };
  return issueDocument(session, name, { params, out: input.text('out') });
}

/** `days` instead of `expires`: so many from now, for a file that is used again next quarter. */
function datedBounds(yaml: YamlFile, now: string): { readonly [name: string]: Json } {
  const { days, ...bounds } = yaml.value as { readonly [name: string]: Json };
  if (days === undefined) return bounds;
  if (typeof days !== 'number' || !Number.isInteger(days) || days < 1) {
    throw atFile(yaml.file, yaml.lineOf(['days']), '`days` must be a whole number of one or more');
  }
  if (bounds.expires !== undefined) {
    throw atFile(yaml.file, yaml.lineOf(['days']), 'give `days` or `expires`, not both');
  }
  return { ...bounds, expires: new Date(Date.parse(now) + days * DAY_MS).toISOString() };
}

const DAY_MS = 86_400_000;

function refuseBadEnvelope(yaml: YamlFile, content: { readonly [name: string]: Json }): void {
  try {
    readEnvelope(content);
  } catch (cause) {
    if (!(cause instanceof KernelError)) throw cause;
    const place = typeof cause.details.path === 'string' ? cause.details.path : '';
    const path = place
      .replaceAll(/\[(\d+)\]/g, '.$1')
      .split('.')
      .slice(1)
      .map(keyOf);
    throw atFile(yaml.file, yaml.lineOf(path), cause.message, cause);
  }
}

function keyOf(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}

async function review(input: Input, session: Session): Promise<Outcome> {
  const digest = await resolveDigest(session.client(), input.argument('request'));
  const { set } = await verifiedBundle(session, digest);
  const { subjectRef } = changeRequestRecord(set, digest).statement.predicate;
  const warrant = recordsOfType(set, 'deployment-record').findLast(
    (record) => readWarrantRecord(record)?.warrant.changeRequest === digest,
  );
  const due =
    warrant === undefined
      ? undefined
      : afterReviewOf(set, { record: warrant, changeRequest: digest })?.due;
  if (warrant === undefined || due === undefined) {
    throw new CliError('refused', 'no emergency warrant was given for this change request');
  }
  const outcome = input.text('outcome');
  const recorded = await signOne(session, {
    type: 'periodic-review',
    kind: AFTER_REVIEW_KIND,
    scope: 'version',
    subjectRef,
    source: [warrant.digest],
    content: { changeRequest: digest, outcome, rationale: input.text('reason') },
  });
  const late = session.now() > due;
  return done(
    { ...recorded, due, late },
    describeRecorded(recorded),
    late ? `it was due by ${due}: the warrant has ended` : `in time: due by ${due}`,
  );
}
