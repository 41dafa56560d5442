// SPDX-License-Identifier: Apache-2.0
import { type ChangeRequestReview, isJudgedOtherwise, type Promotion } from '@countersign/kernel';
import { Link } from '@tanstack/react-router';
import { Panel } from '../../shell/panel.tsx';
import { Time } from '../../shell/time.tsx';
import { GatePanel } from './gate-panel.tsx';

/** Of a request that was promoted, first that it was; what has lapsed since belongs to today. */
export function Promoted({ promotion }: { readonly promotion: Promotion }) {
  const { warrant, loggedAt, expires } = promotion;
  return (
    <Panel title="It was promoted" tone="pass">
      Promoted on <Time at={loggedAt} /> under warrant{' '}
      <Link to="/records/$digest" params={{ digest: warrant }}>
        <code>{warrant.slice(0, 12)}</code>
      </Link>
      , given until <Time at={expires} />.
    </Panel>
  );
}

/** The gates as they stood at the promotion, and today's where they would say something else; today's alone before. */
export function Judgement({ review }: { readonly review: ChangeRequestReview }) {
  const { promotion, verdict } = review;
  if (promotion === undefined) return <GatePanel verdict={verdict} />;
  return (
    <>
      <GatePanel title="What the gates said when it was promoted" verdict={promotion.verdict} />
      {isJudgedOtherwise(promotion.verdict, verdict) ? (
        <GatePanel title="Judged as of today" verdict={verdict} />
      ) : null}
    </>
  );
}
