// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PAYLOAD_TYPE_STATEMENT, signEnvelope } from '@countersign/kernel';
import { nodeSigner } from '@countersign/kernel/node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileBlobStore } from '../src/blobs/blob-store.ts';
import { hostToolEnvironment } from '../src/environment/host-environment.ts';
import { runProcess } from '../src/process/run-process.ts';
import { DRAFT_BUILDER, slsaProvenance } from '../src/provenance/slsa-provenance.ts';
import { executeRun } from '../src/run/execute-run.ts';
import { commitRepository } from './example-repository.ts';

/** Implementations by others: DSSE by the Secure Systems Lab, messages of in-toto and SLSA by the in-toto project. */
const PACKAGES = [
  'securesystemslib==1.6.0',
  'cryptography==50.0.2',
  'in-toto-attestation==0.9.3',
  'protobuf==7.36.2',
];
const venv = join(tmpdir(), 'countersign-pipeline-test-cache', 'in-toto-0.9.3');
const env = hostToolEnvironment(process.env);
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'provenance-'));
  if (existsSync(join(venv, 'ready'))) return;
  await rm(venv, { recursive: true, force: true });
  await mkdir(join(venv, '..'), { recursive: true });
  const made = await runProcess('python3', ['-m', 'venv', venv], { env });
  const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', ...PACKAGES];
  const installed = await runProcess(join(venv, 'bin/python'), pip, { env });
  expect([made.code, installed.code, installed.stderr]).toEqual([0, 0, expect.any(String)]);
  await writeFile(join(venv, 'ready'), '');
}, 180_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const CHECK = `
import base64, json, sys
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

envelope = json.load(open(sys.argv[1]))
public = load_pem_public_key(open(sys.argv[2], "rb").read())
key = SSlibKey.from_crypto(public, keyid=envelope["signatures"][0]["keyid"])
read = Envelope.from_dict(envelope)
# Refused with VerificationError: bytes that were changed, or another key.
accepted = read.verify([key], 1)
assert len(accepted) == 1
payload = json.loads(read.payload)
# Strict: a member that the published schema does not have is an error.
json_format.ParseDict(payload, statement_pb2.Statement())
provenance = json_format.ParseDict(payload["predicate"], provenance_pb2.Provenance())
assert provenance.build_definition.build_type and provenance.run_details.builder.id
assert provenance.build_definition.external_parameters["model"] == "toy"
for one in [*provenance.build_definition.resolved_dependencies, *provenance.run_details.byproducts]:
    assert one.name and one.digest
print(json.dumps({"finished": provenance.run_details.metadata.finished_on.ToJsonString(), "subjects": [s["name"] for s in payload["subject"]]}))
`;

test('the envelope verifies with another implementation of DSSE, and every member is one of the published schema', async () => {
  const checkout = join(root, 'repository');
  await mkdir(join(root, 'work'));
  await commitRepository(checkout, {
    'countersign.yaml':
      'model: toy\ndata: { d: { from: { path: data.csv } } }\nsteps: { s: { run: "cp d.csv model", inputs: [d], outputs: [model], params: { l2: 0.1 } } }\n',
    'data.csv': 'a\n1\n',
  });
  const result = await executeRun({
    source: { checkout },
    blobs: openFileBlobStore(join(root, 'blobs')),
    workDir: join(root, 'work'),
    cacheDir: join(root, 'cache'),
    draft: true,
    now: () => new Date(),
    callerEnvironment: process.env,
  });
  const payload = slsaProvenance(result, { builder: DRAFT_BUILDER });
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const envelope = await signEnvelope(PAYLOAD_TYPE_STATEMENT, payload ?? new Uint8Array(), [
    nodeSigner(privateKey),
  ]);
  const [file, key, script] = ['envelope.json', 'key.pem', 'check.py'].map((name) =>
    join(root, name),
  );
  await writeFile(key ?? '', publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(script ?? '', CHECK);
  const check = async (text: string) => {
    await writeFile(file ?? '', text);
    return runProcess(join(venv, 'bin/python'), [script ?? '', file ?? '', key ?? ''], { env });
  };
  const checked = await check(JSON.stringify(envelope));
  expect(checked.stderr).toBe('');
  expect(JSON.parse(checked.stdout.toString())).toEqual({
    finished: expect.stringMatching(/Z$/),
    subjects: ['s/model'],
  });
  const changed = Buffer.from(envelope.payload, 'base64').toString().replace('"toy"', '"tow"');
  const forged = { ...envelope, payload: Buffer.from(changed).toString('base64') };
  const refused = await check(JSON.stringify(forged));
  expect(refused.stderr).toContain('VerificationError');
});
