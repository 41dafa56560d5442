// SPDX-License-Identifier: Apache-2.0
import { type Json, type Policy, readPolicy } from '@countersign/kernel';
import { Link } from '@tanstack/react-router';
import { Panel } from '../../shell/panel.tsx';
import type { PolicyVersion } from './policy-query.ts';
import { TransitionPanel } from './transition-panel.tsx';

/** A promotion policy in sentences and tables, read by the kernel that judges by it; any other kind as it was signed. */
export function PolicyDocument({ version }: { readonly version: PolicyVersion }) {
  const policy = version.kind === 'promotion-policy' ? readable(version.document) : undefined;
  if (policy !== undefined) {
    return (
      <>
        <TransitionPanel to="staging" rule={policy.transitions.staging} />
        <TransitionPanel to="production" rule={policy.transitions.production} />
        <Reviews policy={policy} />
        <Rebuilds policy={policy} />
      </>
    );
  }
  return (
    <Panel title="What it says">
      {version.kind === 'promotion-policy' ? (
        <p style={{ marginTop: 0 }}>
          This page cannot set it out; a later release may have made it. As it was signed, and in{' '}
          <Link to="/records/$digest" params={{ digest: version.digest }}>
            its record
          </Link>
          :
        </p>
      ) : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: whoever reads by keyboard scrolls it */}
      <section className="bytes" tabIndex={0} aria-label="The document as JSON">
        {JSON.stringify(version.document, null, 2)}
      </section>
    </Panel>
  );
}

function Reviews({ policy: { reviews } }: { readonly policy: Policy }) {
  if (reviews === undefined) return null;
  return (
    <Panel title="Reviews">
      <p style={{ margin: 0 }}>
        A use is looked at again every {reviews.high} days at high tier, {reviews.medium} at medium,{' '}
        {reviews.low} at low
        {reviews.overdueRestricts
          ? `; one that is overdue by more than ${reviews.graceDays} days restricts its warrants`
          : ''}
        .
      </p>
    </Panel>
  );
}

function Rebuilds({ policy: { rebuilds } }: { readonly policy: Policy }) {
  if (rebuilds === undefined) return null;
  return (
    <Panel title="Rebuilds">
      <p style={{ margin: 0 }}>
        A version in production is built again every {rebuilds.high} days at high tier,{' '}
        {rebuilds.medium} at medium, {rebuilds.low} at low; other bytes open a finding.
      </p>
    </Panel>
  );
}

function readable(document: Json): Policy | undefined {
  try {
    return readPolicy(document);
  } catch {
    return undefined; // the page says so and shows the bytes
  }
}
