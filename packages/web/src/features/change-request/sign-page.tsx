// SPDX-License-Identifier: Apache-2.0
import { type Decision, isDigest, type OpenRole } from '@countersign/kernel';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useMe } from '../../api/me.ts';
import type { OwnKey, VerifiedChange } from '../../crypto/verified-change.ts';
import { Page } from '../../shell/page.tsx';
import { ShortDigest } from '../../shell/short-digest.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { useEscape } from '../../shell/use-escape.ts';
import { Words } from '../../shell/words.tsx';
import { ApproveCommand } from './act-panel.tsx';
import { Ceremony } from './ceremony.tsx';
import { useChange } from './change-query.ts';
import { standingOf } from './standing-of-role.ts';
import { Unverified } from './verification-panel.tsx';

const route = getRouteApi('/signed-in/changes/$digest/sign');

/** Where a decision is signed: a page of its own, so that it has an address and Esc leads back to the reading. */
export function SignPage() {
  const { digest } = route.useParams();
  const navigate = useNavigate();
  useEscape(() => void navigate({ to: '/changes/$digest', params: { digest } }));
  if (!isDigest(digest)) return <ShortDigest title="Sign a decision" digest={digest} />;
  return <Reading digest={digest} />;
}

function Reading({ digest }: { readonly digest: string }) {
  const { data, error, refetch } = useChange(digest);
  if (error !== null) {
    return (
      <Page title="Sign a decision">
        <Problem error={error} onRetry={() => void refetch()} />
      </Page>
    );
  }
  if (data === undefined) {
    return (
      <Page title="Sign a decision">
        <Loading what="Fetching the proofs and verifying them in this browser…" />
      </Page>
    );
  }
  if (!data.verified.ok) {
    return (
      <Page title="Sign a decision">
        <Unverified reason={data.verified.reason} />
      </Page>
    );
  }
  return <Signing change={data.verified} />;
}

function Signing({ change }: { readonly change: VerifiedChange }) {
  const { decision = 'approve', role: wanted } = route.useSearch();
  const { account } = useMe();
  const role = change.roles.find((one) => one.role === wanted) ?? change.roles[0];
  const standing = role === undefined ? undefined : standingOf(change, role, account);
  const { digest } = change.review;
  if (role === undefined || standing === undefined) {
    return (
      <Page title="Sign a decision">
        <Empty title="No approval is asked of you here">
          <p>
            None of your roles is among those that policy asks for. <Back digest={digest} />
          </p>
        </Empty>
      </Page>
    );
  }
  if (standing.kind !== 'open') {
    const title = standing.kind === 'signed' ? 'You have signed this already' : standing.title;
    return (
      <Page title="Sign a decision">
        <Empty title={title}>
          <p>
            {standing.kind === 'signed' ? (
              'Your signature is in the log.'
            ) : (
              <Words text={standing.text} />
            )}{' '}
            <Back digest={digest} />
          </p>
          {standing.kind === 'no-passkey' || standing.kind === 'key-only' ? (
            <p>
              A key file signs too, on your own machine:{' '}
              <ApproveCommand change={change} role={role} />
            </p>
          ) : null}
        </Empty>
      </Page>
    );
  }
  if (change.differences.length > 0) {
    return (
      <Page title="Sign a decision">
        <Unverified reason={`the server's account differs: ${change.differences.join('; ')}`} />
      </Page>
    );
  }
  return <Open change={change} role={role} decision={decision} signer={standing.key} />;
}

interface OpenProps {
  readonly change: VerifiedChange;
  readonly role: OpenRole;
  readonly decision: Decision;
  readonly signer: OwnKey;
}

function Open({ change, role, decision, signer }: OpenProps) {
  const { subject, request, digest } = change.review;
  const verb = decision === 'approve' ? 'Approve' : 'Reject';
  return (
    <Page
      title={`${verb} ${subject.model}@${subject.version} to ${request.transition}`}
      lede={
        <>
          An electronic signature, binding like one by hand. <kbd>Esc</kbd> or{' '}
          <Back digest={digest} /> leaves without signing.
        </>
      }
    >
      <Ceremony
        key={`${decision} ${role.role}`}
        change={change}
        role={role}
        decision={decision}
        signer={signer}
      />
    </Page>
  );
}

function Back({ digest }: { readonly digest: string }) {
  return (
    <Link to="/changes/$digest" params={{ digest }}>
      back to the request
    </Link>
  );
}
