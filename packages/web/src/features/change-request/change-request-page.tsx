// SPDX-License-Identifier: Apache-2.0

import { isDigest, subjectText } from '@countersign/kernel';
import { getRouteApi } from '@tanstack/react-router';
import type { VerifiedChange } from '../../crypto/verified-change.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { ShortDigest } from '../../shell/short-digest.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { ActPanel } from './act-panel.tsx';
import { useChange } from './change-query.ts';
import { DiscussionPanel } from './discussion-panel.tsx';
import { EvidencePanel } from './evidence-panel.tsx';
import { Judgement, Promoted } from './judgement.tsx';
import { SignaturesPanel } from './signatures-panel.tsx';
import { Unverified, VerificationPanel } from './verification-panel.tsx';

const route = getRouteApi('/signed-in/changes/$digest');

export function ChangeRequestPage() {
  const { digest } = route.useParams();
  if (!isDigest(digest)) return <ShortDigest title="Change request" digest={digest} />;
  return <WholeChangeRequest digest={digest} />;
}

function WholeChangeRequest({ digest }: { readonly digest: string }) {
  const { data, error, refetch } = useChange(digest);
  if (error !== null) {
    return (
      <Page title="Change request">
        <Problem error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (data === undefined) {
    return (
      <Page title="Change request">
        <Loading what="Fetching the proofs and verifying them in this browser…" />
      </Page>
    );
  }
  const { verified, tookMs } = data;
  if (!verified.ok) {
    return (
      <Page title="Change request">
        <Unverified reason={verified.reason} />
      </Page>
    );
  }
  return <Change change={verified} tookMs={tookMs} />;
}

function Change({ change, tookMs }: { readonly change: VerifiedChange; readonly tookMs: number }) {
  const { review } = change;
  return (
    <Page
      title={`${review.subject.model}@${review.subject.version} to ${review.request.transition}`}
      lede={
        <>
          Proposed by {review.submitter} on <Time at={review.submittedAt} />.{' '}
          {change.differences.length === 0 ? (
            <a href="#verification">Verified in this browser</a>
          ) : (
            <a href="#verification">The server disagrees with its records</a>
          )}
        </>
      }
    >
      {review.promotion === undefined ? null : <Promoted promotion={review.promotion} />}
      <ActPanel change={change} />
      <Proposal change={change} />
      <Judgement review={review} />
      <SignaturesPanel signatures={change.signatures} />
      <DiscussionPanel digest={review.digest} />
      <EvidencePanel evidence={change.evidence} />
      <div id="verification">
        <VerificationPanel change={change} tookMs={tookMs} />
      </div>
    </Page>
  );
}

function Proposal({ change }: { readonly change: VerifiedChange }) {
  const { request, subject, digest } = change.review;
  return (
    <Panel title="What is proposed">
      <Facts
        facts={[
          ['Version and use', subjectText(subject)],
          ['Stage', request.transition],
          ['Class', request.class],
          ['Reason', request.reason],
          ['Impact', request.impact],
          ['Way back', request.rollback],
          [
            'Artefact',
            <Digest key="a" value={request.artifactDigest} of="the artefact's digest" />,
          ],
          ['Change request', <Digest key="c" value={digest} of="the change request's digest" />],
          ['Policy', <Digest key="p" value={request.policy} of="the policy's digest" />],
          ['Rules version', request.rulesVersion],
        ]}
      />
    </Panel>
  );
}
