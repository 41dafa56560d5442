// SPDX-License-Identifier: Apache-2.0
// Against securesystemslib and the in-toto project's own Python types, from PyPI.
import { spawnSync } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import {
  type Envelope,
  fromBase64,
  signSummary,
  toBase64,
  verificationSummary,
} from '@countersign/kernel';
import { nodePrimitives as p } from '@countersign/kernel/node';
import { beforeAll, describe, expect, test } from 'vitest';
import { hex, produce } from './credit-model.ts';
import { type Firm, foundFirm } from './firm.ts';

const FOLDER = join(import.meta.dirname, 'verification-summary');
const TIMEOUT_MS = 300_000;
const ORIGIN = 'https://models.bank.example';
const FILES = [
  { path: 'model.onnx', digest: hex('model'), size: 5 },
  { path: 'reasons.json', digest: hex('reasons'), size: 7 },
];

let firm: Firm;
let made: Awaited<ReturnType<typeof produce>>;

beforeAll(async () => {
  firm = await foundFirm();
  made = await produce(firm, {}, { files: FILES });
});

const summary = (warrant = made.production, of = firm) =>
  verificationSummary(p, of.set(), { warrant, now: of.now(), origin: ORIGIN });

interface Read {
  readonly predicateType: string;
  readonly subjects: Readonly<Record<string, { readonly sha256: string }>>;
  readonly summary: {
    readonly verifier: { readonly id: string };
    readonly timeVerified: string;
    readonly resourceUri: string;
    readonly policy: object;
    readonly inputAttestations: readonly { readonly digest: { readonly sha256: string } }[];
    readonly verificationResult: string;
    readonly verifiedLevels: readonly string[];
    readonly slsaVersion: string;
  };
}

async function envelopeOf(): Promise<Envelope> {
  const result = summary();
  if (!result.ok) throw new Error(result.reasons.join('; '));
  return signSummary(result.payload, firm.people.platform.signer);
}

function verifiedElsewhere(envelope: Envelope, by: 'platform' | 'log' = 'platform') {
  const { spki, signer } = firm.people[by];
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  const input = {
    envelope,
    pem: key.export({ type: 'spki', format: 'pem' }),
    // A verifier trusts a key, whatever an envelope calls it.
    keyid: by === 'platform' ? signer.keyid : envelope.signatures[0]?.keyid,
  };
  const python = join(environment(), 'bin', 'python');
  return spawnSync(python, [join(FOLDER, 'verify.py')], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
}

/** A virtual environment named for its requirements, made once and kept in the user's cache. */
function environment(): string {
  const requirements = join(FOLDER, 'requirements.txt');
  const name = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  const folder = join(cache, 'countersign', `verification-summary-${name}`);
  // Written last: a folder without it is a broken install and is made again.
  const ready = join(folder, '.ready');
  if (existsSync(ready)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run('python3', ['-m', 'venv', folder]);
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--only-binary=:all:'];
  run(join(folder, 'bin', 'python'), [...install, '-r', requirements]);
  writeFileSync(ready, '');
  return folder;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: TIMEOUT_MS });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}

describe('the verification summary of a production warrant', () => {
  test(
    'verifies and reads elsewhere as SLSA says',
    async () => {
      const { status, stdout, stderr } = verifiedElsewhere(await envelopeOf());
      expect(status, stderr).toBe(0);
      const { predicateType, subjects, summary: read } = JSON.parse(stdout) as Read;
      expect(predicateType).toBe('https://slsa.dev/verification_summary/v1');
      expect(subjects).toEqual({
        'consumer-credit@1': { sha256: made.candidate.artifactDigest },
        'consumer-credit@1/model.onnx': { sha256: hex('model') },
        'consumer-credit@1/reasons.json': { sha256: hex('reasons') },
      });
      const { inputAttestations, timeVerified, ...rest } = read;
      // Their types write no fraction of a second that is nought.
      expect(Date.parse(timeVerified)).toBe(Date.parse(firm.now()));
      expect(rest).toEqual({
        verifier: { id: `${ORIGIN}/v1/records/${firm.root}` },
        resourceUri: `${ORIGIN}/v1/models/consumer-credit/versions/1?use=underwriting`,
        policy: {
          uri: `${ORIGIN}/v1/records/${made.candidate.policy}`,
          digest: { sha256: made.candidate.policy },
        },
        verificationResult: 'PASSED',
        verifiedLevels: ['COUNTERSIGN_DEMONSTRATION_WARRANT'],
        slsaVersion: '1.0',
      });
      const digests = inputAttestations.map(({ digest }) => digest.sha256);
      expect(digests.slice(0, 2)).toEqual([made.production, made.request]);
      expect([...digests].sort()).toEqual(firm.entries.map(({ digest }) => digest).sort());
    },
    TIMEOUT_MS,
  );

  test(
    'fails elsewhere with one byte changed, or under another key',
    async () => {
      const envelope = await envelopeOf();
      const payload = fromBase64(envelope.payload);
      const changed = Uint8Array.from(payload, (byte, n) => (n === 40 ? byte ^ 1 : byte));
      for (const ran of [
        verifiedElsewhere({ ...envelope, payload: toBase64(changed) }),
        verifiedElsewhere(envelope, 'log'),
      ]) {
        expect(ran.status).not.toBe(0);
        expect(ran.stderr).toContain('VerificationError');
      }
    },
    TIMEOUT_MS,
  );

  test('says production only of a firm that was not founded for demonstration', async () => {
    const real = await foundFirm({ demonstration: false });
    const { production } = await produce(real, { demonstration: false });
    const result = summary(production, real);
    if (!result.ok) throw new Error(result.reasons.join('; '));
    expect(new TextDecoder().decode(result.payload)).toContain(
      '"verifiedLevels":["COUNTERSIGN_PRODUCTION_WARRANT"]',
    );
  });
});

describe('no verification summary', () => {
  test.each([
    ['is made of a staging warrant', { environment: 'staging' }, /staging, not production/],
    ['is made of a provisional warrant', { warrant: 'provisional' }, /the warrant is provisional/],
    ['is made of a legacy warrant', { warrant: 'legacy' }, /the warrant is legacy/],
    ['is made of an expired warrant', { expires: '2026-03-01T09:00:01.000Z' }, /expired at/],
    ['is made of a warrant for other bytes', { artifactDigest: hex('other') }, /artefact is not/],
  ])('%s', async (_, change, reason) => {
    const other = await foundFirm();
    const { production } = await produce(other, change);
    const result = summary(production, other);
    expect(result).toMatchObject({ ok: false });
    expect(result.ok ? '' : result.reasons.join('; ')).toMatch(reason);
  });

  test('is made of a revoked warrant, nor of a record that is none', async () => {
    const other = await foundFirm();
    const { production, candidate } = await produce(other);
    expect(summary(candidate.run, other).ok).toBe(false);
    await other.add(
      {
        type: 'deployment-record',
        kind: 'revoke',
        subjectRef: candidate.ref,
        content: { warrant: production, environment: 'production', reason: 'drift' },
      },
      'mia',
    );
    const result = summary(production, other);
    expect(result.ok ? '' : result.reasons.join('; ')).toContain('drift');
  });
});
