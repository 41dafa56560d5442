// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pinnedDigest, startAdmission } from '@countersign/gateway';
import { parseModelName } from '../client/version-name.ts';
import type { Command, Outcome } from '../command/command.ts';
import type { Input } from '../command/input.ts';
import { feedOf, rootOf, SOURCE_OPTIONS } from '../enforce/warrant-source.ts';
import { atFile } from '../errors.ts';
import { readTextFile } from '../papers/yaml-file.ts';
import type { Session } from '../session.ts';
import { untilAborted } from './up.ts';

export const admission: Command = {
  name: 'admission',
  summary: 'for Kubernetes: answers AdmissionReview by image and artefact digest',
  description:
    'HTTPS for a ValidatingWebhookConfiguration with failurePolicy Fail: POST /admit, GET /healthz. Allows a workload whose images are pinned and warranted, or on the list of --allow-images; denies everything else, with every reason. Needs no token and no database.',
  example:
    'countersign admission --root 3b0c… --server https://countersign.bank.example --tls-cert tls.crt --tls-key tls.key --allow-images images.txt',
  options: [
    ...SOURCE_OPTIONS,
    { flags: '--tls-cert FILE', summary: 'certificate chain, PEM', isRequired: true },
    { flags: '--tls-key FILE', summary: 'its private key, PEM', isRequired: true },
    { flags: '--host HOST', summary: 'address to listen on; 0.0.0.0 unless given' },
    { flags: '--port PORT', summary: 'port; 8443 unless given' },
    {
      flags: '--environment STAGE',
      summary: 'production unless given',
      choices: ['staging', 'production'],
    },
    { flags: '--models MODEL', summary: 'only this model; may be repeated', isRepeated: true },
    {
      flags: '--allow-images FILE',
      summary: 'images that are no models, one NAME@sha256:DIGEST a line; # begins a comment',
    },
    {
      flags: '--annotated-images',
      summary:
        'admit any pinned image in a pod that names a live artefact: who writes the annotation is then trusted',
    },
    { flags: '--demonstration', summary: 'accept a firm founded in demonstration mode' },
  ],
  run: runAdmission,
};

const PORT = 8443;

async function runAdmission(input: Input, session: Session): Promise<Outcome> {
  const kept = input.optionalText('state');
  const root = rootOf(input, session);
  const feed = feedOf(input, session);
  const tls = {
    certFile: existing(session, input.text('tls-cert')),
    keyFile: existing(session, input.text('tls-key')),
  };
  const allowedImages = imagesOf(input, session);
  const stateDir =
    kept === undefined
      ? mkdtempSync(join(tmpdir(), 'countersign-admission-'))
      : resolve(session.cwd, kept);
  try {
    const running = await startAdmission({
      feed,
      root,
      stateDir,
      tls,
      allowedImages,
      annotatedImages: input.flag('annotated-images'),
      environment: input.optionalText('environment') === 'staging' ? 'staging' : 'production',
      production: !input.flag('demonstration'),
      models: input.list('models').map(parseModelName),
      host: input.optionalText('host') ?? '0.0.0.0',
      port: input.count('port') ?? PORT,
      report: (error, about) =>
        session.io.err(
          `admission: ${about}: ${error instanceof Error ? error.message : String(error)}`,
        ),
    });
    const { url } = running;
    try {
      session.io.out(input.flag('json') ? JSON.stringify({ url }) : `admission ${url}/admit`);
      await untilAborted(session.io.signal ?? new AbortController().signal);
    } finally {
      await running.close();
    }
    return { ok: true, result: { url }, lines: ['stopped'], isPrinted: true };
  } finally {
    if (kept === undefined) rmSync(stateDir, { recursive: true, force: true });
  }
}

function existing(session: Session, file: string): string {
  readTextFile(session.cwd, file);
  return resolve(session.cwd, file);
}

/** @throws CliError `file_missing`, `file_invalid` with the line */
function imagesOf(input: Input, session: Session): readonly string[] {
  const file = input.optionalText('allow-images');
  if (file === undefined) return [];
  const lines = readTextFile(session.cwd, file).split('\n');
  return lines.flatMap((line, index) => {
    const image = line.replace(/#.*$/, '').trim();
    if (image === '') return [];
    const digest = pinnedDigest(image);
    if (digest !== undefined) return [digest];
    throw atFile(file, index + 1, `\`${image}\` is not pinned: write NAME@sha256:DIGEST`);
  });
}
