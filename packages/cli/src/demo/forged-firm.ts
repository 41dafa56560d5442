// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import {
  type CountedRecord,
  type Envelope,
  type Json,
  PAYLOAD_TYPE_STATEMENT,
  type Predicate,
  type RecordSet,
  type ResourceDescriptor,
  readRecord,
  signEnvelope,
  statementBytes,
  subjectOf,
} from '@countersign/kernel';
import { nodeSigner, nodePrimitives as p } from '@countersign/kernel/node';
import type { Client } from 'pg';

/**
 * What a database owner without keys can make: change request, every approval that policy asks for and a warrant, whole
 * and well formed, signed with keys of their own making in the names of the right people.
 */
export async function forgedPromotion(
  set: RecordSet,
  staging: CountedRecord,
): Promise<readonly Envelope[]> {
  const template = staging.statement.predicate;
  const request = await forge(set, {
    ...template,
    content: { ...template.content, transition: 'production', reason: 'forged' },
  });
  const change = readRecord(p, request).digest;
  const approvals = [
    ['mia.risk', 'model-risk'],
    ['lena.legal', 'legal'],
    ['eve.executive', 'executive'],
  ] as const;
  const signed: Envelope[] = [];
  for (const [account, role] of approvals) {
    const content: { readonly [key: string]: Json } = {
      changeRequest: change,
      gate: 'gate/approval',
      role,
      decision: 'approve',
      meaning: 'approved',
      printedName: account,
      statement: 'forged',
      evidence: template.content.evidence ?? [],
    };
    const predicate: Predicate = { ...template, type: 'approval-record', actor: account, content };
    const { kind: _kind, ...bare } = predicate;
    signed.push(await forge(set, bare, [{ name: 'change-request', digest: { sha256: change } }]));
  }
  const warrant = await forge(set, {
    ...template,
    type: 'deployment-record',
    kind: 'promote',
    producer: 'registry',
    actor: 'service:platform',
    content: warrantContent(template, change, signed),
  });
  return [request, ...signed, warrant];
}

function warrantContent(template: Predicate, change: string, approvals: readonly Envelope[]) {
  const { artifactDigest, spec, policy, rulesVersion } = template.content;
  const now = Date.now();
  return {
    environment: 'production',
    warrant: 'full',
    artifactDigest: artifactDigest ?? '',
    spec: spec ?? '',
    changeRequest: change,
    approvals: approvals.map((envelope) => readRecord(p, envelope).digest),
    exceptions: [],
    policy: policy ?? '',
    rulesVersion: rulesVersion ?? '',
    demonstration: true,
    notBefore: new Date(now - 60_000).toISOString(),
    expires: new Date(now + 86_400_000).toISOString(),
    fallback: 'manual-queue',
    limits: {},
  };
}

async function forge(
  set: RecordSet,
  predicate: Predicate,
  subject: readonly ResourceDescriptor[] = [subjectOf(p, predicate.subjectRef)],
): Promise<Envelope> {
  const payload = statementBytes({ subject, predicate: { ...predicate, founding: set.root } });
  const forger = nodeSigner(generateKeyPairSync('ed25519').privateKey);
  return signEnvelope(PAYLOAD_TYPE_STATEMENT, payload, [forger]);
}

/** Puts envelopes where the sequencer finds them, past every check of the server. */
export async function insertAsOwner(sql: Client, envelopes: readonly Envelope[]): Promise<void> {
  for (const envelope of envelopes) {
    const record = readRecord(p, envelope);
    const { predicate } = record.statement;
    const payload = Buffer.from(envelope.payload, 'base64');
    await sql.query(
      `INSERT INTO record (digest, workspace, type, kind, payload_type, payload, payload_size, signatures, actor, model,
                           use, version, claimed_at, recorded_at)
       VALUES ($1, 'main', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now())`,
      [
        record.digest,
        predicate.type,
        predicate.kind ?? null,
        envelope.payloadType,
        payload,
        payload.length,
        JSON.stringify(envelope.signatures),
        predicate.actor,
        predicate.subjectRef.model ?? null,
        predicate.subjectRef.use ?? null,
        predicate.subjectRef.version ?? null,
        predicate.claimedAt,
      ],
    );
    await sql.query(`INSERT INTO unsequenced (workspace, record) VALUES ('main', $1)`, [
      record.digest,
    ]);
  }
}
