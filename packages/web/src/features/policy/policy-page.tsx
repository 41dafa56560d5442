// SPDX-License-Identifier: Apache-2.0
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { Digest } from '../../shell/digest.tsx';
import { Facts } from '../../shell/facts.tsx';
import { Page } from '../../shell/page.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { NoticeChannels } from './notice-channels.tsx';
import { PolicyDocument } from './policy-document.tsx';
import { PolicyHistory } from './policy-history.tsx';
import {
  type HistoryKind,
  POLICY_KIND_NAMES,
  POLICY_KINDS,
  type PolicyKind,
} from './policy-kinds.ts';
import { type PolicyVersion, policyHistoryQuery } from './policy-query.ts';

const route = getRouteApi('/signed-in/policy');

export function PolicyPage() {
  const { kind: asked = 'promotion-policy' } = route.useSearch();
  const kind = POLICY_KIND_NAMES.find((one) => one === asked);
  if (kind === 'notice-channels') {
    return (
      <Page
        title="Policy"
        lede="Where notices go. A change of it takes effect after the firm’s delay."
      >
        <Kinds chosen={kind} />
        <NoticeChannels />
      </Page>
    );
  }
  if (kind !== undefined) return <OfKind kind={kind} />;
  return (
    <Page title="Policy">
      <Kinds chosen={undefined} />
      <Empty title="There is no such kind of policy">
        <p>
          Nothing is signed as <code>{asked}</code>; the kinds are above.
        </p>
      </Empty>
    </Page>
  );
}

function OfKind({ kind }: { readonly kind: HistoryKind }) {
  const { data, error, refetch } = useQuery(policyHistoryQuery(kind));
  const inForce = data?.versions.filter((one) => one.inForce) ?? [];
  return (
    <Page
      title="Policy"
      lede="What a version needs to move on, and who signs for it. A change of it takes effect under dual control."
    >
      <Kinds chosen={kind} />
      {isForbidden(error) ? (
        <Empty title="The policy is shown to those with a duty">
          <p>It is read by those who build, own, check or approve models.</p>
        </Empty>
      ) : null}
      {error === null || isForbidden(error) ? null : (
        <Problem error={error} onRetry={() => void refetch()} />
      )}
      {data === undefined && error === null ? <Loading what="Reading the policy…" /> : null}
      {data !== undefined && inForce.length === 0 ? <NoneInForce kind={kind} /> : null}
      {inForce.map((one) => (
        <InForce key={one.digest} version={one} />
      ))}
      {data === undefined || data.versions.length === 0 ? null : (
        <PolicyHistory versions={data.versions} />
      )}
    </Page>
  );
}

function Kinds({ chosen }: { readonly chosen: PolicyKind | undefined }) {
  return (
    <nav className="row" aria-label="Kinds of policy">
      {POLICY_KIND_NAMES.map((kind) => (
        <Link
          key={kind}
          to="/policy"
          search={kind === 'promotion-policy' ? {} : { kind }}
          aria-current={chosen === kind ? 'page' : undefined}
        >
          {POLICY_KINDS[kind]}
        </Link>
      ))}
    </nav>
  );
}

function NoneInForce({ kind }: { readonly kind: HistoryKind }) {
  if (kind !== 'promotion-policy') {
    return (
      <Empty title="Nothing of this kind is in force">
        <p>
          Model risk and an administrator sign what the firm needs with{' '}
          <code>countersign sign</code>.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No policy is in force, so nothing can be promoted">
      <p>
        Model risk and an administrator sign one with{' '}
        <code>countersign sign policies/promotion.yaml</code>.
      </p>
    </Empty>
  );
}

function InForce({ version }: { readonly version: PolicyVersion }) {
  return (
    <>
      <Panel title="In force">
        <Facts
          facts={[
            ['Document', `${version.title}, version ${version.version}`],
            ['Since', <Time key="since" at={version.loggedAt} />],
            ['Signed by', version.signedBy.join(', ')],
            ['Record', <Digest key="record" value={version.digest} of="the policy’s digest" />],
          ]}
        />
      </Panel>
      <PolicyDocument version={version} />
    </>
  );
}
