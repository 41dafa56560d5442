// SPDX-License-Identifier: Apache-2.0
import { recordRoutes } from '@countersign/contract';
import { type EnvelopeSignature, type PublicKey, subjectText } from '@countersign/kernel';
import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { useMe } from '../../api/me.ts';
import type { PendingRecord } from '../../crypto/read-pending.ts';
import { signWithPasskey } from '../../crypto/sign-with-passkey.ts';
import { Digest } from '../../shell/digest.tsx';
import { type Fact, Facts } from '../../shell/facts.tsx';
import { Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';
import { ownPart } from './own-part.ts';

/** One record that awaits signatures: what it says, who has signed, what is lacking, and the reader's part. */
export function PendingItem({ pending }: { readonly pending: PendingRecord }) {
  const me = useMe();
  const client = useQueryClient();
  const part = ownPart(pending, me, location.origin);
  const sign = useMutation({
    mutationFn: (key: PublicKey) => addSignature(pending, key),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <div className="tight">
      <strong>{titleOf(pending)}</strong>
      <Facts facts={factsOf(pending)} />
      <details className="small">
        <summary>The bytes that are signed</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <section className="bytes" tabIndex={0} aria-label="the statement as JSON">
          {JSON.stringify(pending.record.statement, null, 2)}
        </section>
      </details>
      {sign.error === null ? null : <Problem error={sign.error} />}
      <div className="row">
        {part.key === undefined ? null : (
          <Button
            loading={sign.isPending}
            onClick={() => part.key !== undefined && sign.mutate(part.key)}
          >
            {part.label}
          </Button>
        )}
        <span className="small muted">{part.note}</span>
      </div>
    </div>
  );
}

function titleOf({ record, enrolment }: PendingRecord): string {
  const { type, kind, subjectRef } = record.statement.predicate;
  if (enrolment === undefined) {
    return `${type}${kind === undefined ? '' : ` (${kind})`} about ${subjectText(subjectRef)}`;
  }
  const { holder } = enrolment.entry;
  return holder.kind === 'person'
    ? `Enrol a key of ${holder.account} as ${holder.roles.join(', ')}`
    : `Enrol a key of the service ${holder.name}`;
}

function factsOf(pending: PendingRecord): readonly Fact[] {
  const { record, enrolment, needs, since, signers } = pending;
  const holder = enrolment?.entry.holder;
  const team = holder?.kind === 'person' ? holder.team : undefined;
  const webauthn = enrolment?.entry.key.webauthn;
  return [
    ['Proposed by', record.statement.predicate.actor],
    [
      'New key',
      enrolment === undefined ? undefined : (
        <Digest key="k" value={enrolment.entry.key.keyid} of="the new key's id" isWhole />
      ),
    ],
    ['Kind', enrolment === undefined ? undefined : kindOf(webauthn?.rpId)],
    ['Team', team],
    [
      'Takes the place of',
      enrolment?.replaces === undefined ? undefined : (
        <Digest key="r" value={enrolment.replaces} of="the old key's id" />
      ),
    ],
    ['Identified', enrolment === undefined ? undefined : enrolment.proofing],
    ['Signed by', signers.map((one) => one.holder).join(', ') || 'nobody enrolled yet'],
    ['Still needed', <Words key="n" text={needs} />],
    ['Waiting since', <Time key="t" at={since} />],
    ['Digest', <Digest key="d" value={pending.digest} of="the record's digest" isWhole />],
  ];
}

function kindOf(rpId: string | undefined): string {
  return rpId === undefined ? 'key file' : `passkey at ${rpId}`;
}

async function addSignature(pending: PendingRecord, key: PublicKey): Promise<void> {
  const signature = await signWithPasskey(pending.payload, key);
  await call(recordRoutes.sign, {
    params: { digest: pending.digest },
    body: { signature: signatureJson(signature) },
  });
}

function signatureJson({ keyid, sig, webauthn }: EnvelopeSignature) {
  return { keyid, sig, webauthn };
}
