// SPDX-License-Identifier: Apache-2.0
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GatewayError,
  pinnedDigest,
  type WarrantedVersion,
  type WarrantedVersions,
} from '@countersign/gateway';
import { isDigest, type Transition } from '@countersign/kernel';
import { parseVersionName, type VersionName } from '../client/version-name.ts';
import { type Command, done, type Outcome, refused } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { differences, filesUnder } from '../enforce/artefact-files.ts';
import { explainClosed } from '../enforce/explain-closed.ts';
import { rootOf, SOURCE_OPTIONS, withWarrants } from '../enforce/warrant-source.ts';
import { usage } from '../errors.ts';
import type { Session } from '../session.ts';

export const gate: Command = {
  name: 'gate',
  summary: 'for pipelines and init containers: exit 0 only with a live warrant, verified here',
  description:
    'Verifies the warrant’s whole chain against --root, and that a fresh signed status lists it, as a gateway does. Needs no token. With --files, --artifact or --image the warrant must authorise exactly these bytes; MODEL@N may then be left out.',
  example: 'countersign gate consumer-credit@1 --stage production --root 3b0c… --files /mnt/models',
  arguments: [{ name: 'version', summary: 'MODEL@N', isOptional: true }],
  options: [
    {
      flags: '--stage STAGE',
      summary: 'which warrant',
      isRequired: true,
      choices: ['staging', 'production'],
    },
    ...SOURCE_OPTIONS,
    { flags: '--use USE', summary: 'the use; any unless given' },
    {
      flags: '--files DIR',
      summary: 'the artefact is the files below DIR: these, all and no others',
    },
    { flags: '--artifact DIGEST', summary: 'the artefact has this manifest digest' },
    { flags: '--image NAME@sha256:DIGEST', summary: 'this image is one of the artefact’s files' },
    { flags: '--demonstration', summary: 'accept a firm founded in demonstration mode' },
  ],
  run: runGate,
};

interface Wanted {
  readonly name: VersionName | undefined;
  readonly use: string | undefined;
  readonly stage: Transition;
  readonly files: string | undefined;
  readonly artifact: string | undefined;
  readonly image: string | undefined;
}

async function runGate(input: Input, session: Session): Promise<Outcome> {
  const wanted = wantedOf(input);
  const root = rootOf(input, session);
  const terms = {
    environment: wanted.stage,
    production: !input.flag('demonstration'),
    models: wanted.name === undefined ? [] : [wanted.name.model],
  };
  return withWarrants(input, session, terms, async (warrants) => {
    session.progress('verifying warrants');
    const judged = await judgePatiently(session, warrants, wanted);
    if ('version' in judged) return opened(wanted, judged.version, warrants);
    const { name, use, stage } = wanted;
    const why =
      name === undefined || input.optionalText('feed') !== undefined || !judged.isUnlisted
        ? []
        : await explainClosed(session, root, { name, use, stage });
    const reasons = [...judged.reasons, ...why];
    const about = aboutOf(wanted);
    return refused(
      { ok: false, about, reasons, next: nextOf(wanted) },
      `closed: ${about}`,
      ...reasons.map((one) => `  ${one}`),
      `next: ${nextOf(wanted)}`,
    );
  });
}

function wantedOf(input: Input): Wanted {
  const version = input.optionalArgument('version');
  const artifact = digestOf(input.optionalText('artifact'));
  const image = imageOf(input.optionalText('image'));
  const files = input.optionalText('files');
  if ([version, artifact, image, files].every((one) => one === undefined))
    throw usage('name a version, or what is to run with --files, --artifact or --image');
  return {
    name: version === undefined ? undefined : parseVersionName(version),
    use: input.optionalText('use'),
    stage: input.text('stage') === 'staging' ? 'staging' : 'production',
    files,
    artifact,
    image,
  };
}

function digestOf(text: string | undefined): string | undefined {
  const digest = text?.replace(/^sha256:/, '');
  if (digest === undefined || isDigest(digest)) return digest;
  throw usage(`\`--artifact\` must be a SHA-256 digest in lower-case hex, not \`${text}\``);
}

function imageOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const digest = pinnedDigest(text);
  if (digest !== undefined) return digest;
  throw usage(`\`--image\` must be pinned, NAME@sha256:DIGEST, not \`${text}\``);
}

type Judged =
  | { readonly version: WarrantedVersion }
  | {
      readonly reasons: readonly string[];
      /** No live warrant was found at all: its end is to be explained. */
      readonly isUnlisted: boolean;
      /** A newer status may say otherwise. */
      readonly isEarly: boolean;
    };

/** The published status is at most half a second behind the checkpoint that a promotion waited for. */
const LOOKS = 3;
const PAUSE_MS = 600;

async function judgePatiently(
  session: Session,
  warrants: WarrantedVersions,
  wanted: Wanted,
): Promise<Judged> {
  for (let look = 1; ; look += 1) {
    const judged = await judge(session, warrants, wanted);
    if ('version' in judged || !judged.isEarly || look === LOOKS) return judged;
    await sleep(PAUSE_MS);
  }
}

async function judge(
  session: Session,
  warrants: WarrantedVersions,
  wanted: Wanted,
): Promise<Judged> {
  const live = await liveOf(warrants);
  if (live instanceof GatewayError) {
    const isEarly = live.code === 'status_stale' || live.details.status === 404;
    return { reasons: [live.message], isUnlisted: false, isEarly };
  }
  const named = live.filter((one) => isNamed(one, wanted));
  if (named.length === 0) {
    const { status, refusals } = warrants.held();
    const what = `the signed status of ${status?.time ?? 'no time'} lists no live ${wanted.stage} warrant for it`;
    return { reasons: [what, ...refusals], isUnlisted: true, isEarly: true };
  }
  const { artifact, image } = wanted;
  const reasons: string[] = [];
  const byDigest = named.filter(
    ({ artifactDigest, files }) =>
      (artifact === undefined || artifactDigest === artifact) &&
      (image === undefined || files.some(({ digest }) => digest === image)),
  );
  const [first] = byDigest;
  if (first === undefined) {
    if (artifact !== undefined) reasons.push(`no live warrant authorises artefact ${artifact}`);
    if (image !== undefined) reasons.push(`no live warrant authorises image sha256:${image}`);
    return { reasons, isUnlisted: false, isEarly: true };
  }
  if (wanted.files === undefined) return { version: first };
  return judgeFiles(resolve(session.cwd, wanted.files), byDigest);
}

async function liveOf(
  warrants: WarrantedVersions,
): Promise<readonly WarrantedVersion[] | GatewayError> {
  try {
    await warrants.refresh();
    return warrants.live();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

function isNamed(one: WarrantedVersion, { name, use }: Wanted): boolean {
  const isVersion =
    name === undefined || (one.model === name.model && one.version === name.version);
  return isVersion && (use === undefined || one.use === use);
}

async function judgeFiles(
  directory: string,
  versions: readonly WarrantedVersion[],
): Promise<Judged> {
  const found = await filesUnder(directory);
  const judged = versions.map((version) => ({
    version,
    reasons: differences(found, version.files),
  }));
  const exact = judged.find(({ reasons }) => reasons.length === 0);
  if (exact !== undefined) return { version: exact.version };
  // Of several versions, the one that is nearest says most about what is wrong.
  const [nearest] = judged.sort((a, b) => a.reasons.length - b.reasons.length);
  const { model, version } = nearest?.version ?? { model: '', version: 0 };
  const against = `no live warrant authorises exactly these files; against ${model}@${version}:`;
  const reasons = [against, ...(nearest?.reasons ?? [])];
  return { reasons, isUnlisted: false, isEarly: false };
}

function nextOf({ name, stage }: Wanted): string {
  if (name === undefined)
    return 'run what a live warrant authorises; `countersign models` lists it';
  const version = `${name.model}@${name.version}`;
  return `\`countersign show ${version}\` says what it lacks; \`countersign submit ${version} --to ${stage}\` asks for a warrant`;
}

function aboutOf({ name, use, stage, files, artifact, image }: Wanted): string {
  const what = [
    ...(name === undefined ? [] : [`${name.model}@${name.version}`]),
    ...(artifact === undefined ? [] : [`artefact ${artifact.slice(0, 12)}`]),
    ...(image === undefined ? [] : [`image sha256:${image.slice(0, 12)}`]),
    ...(files === undefined ? [] : [`the files of ${files}`]),
  ].join(' with ');
  return `${what}${use === undefined ? '' : ` for ${use}`} in ${stage}`;
}

function opened(wanted: Wanted, found: WarrantedVersion, warrants: WarrantedVersions): Outcome {
  const { grant, model, version, use, artifactDigest, files } = found;
  const { expires } = grant.warrant;
  const about = `${model}@${version} for ${use} in ${wanted.stage}`;
  const status = warrants.held().status;
  return done(
    {
      ok: true,
      about,
      warrant: grant.digest,
      expires,
      model,
      version,
      use,
      artifactDigest,
      ...(wanted.files === undefined ? {} : { files: files.length }),
      status: { time: status?.time, size: status?.size },
    },
    `open: ${about} under warrant ${grant.digest} until ${expires}`,
  );
}
