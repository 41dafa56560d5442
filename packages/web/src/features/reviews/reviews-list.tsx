// SPDX-License-Identifier: Apache-2.0
import type { ReviewsReply } from '@countersign/contract';
import { Link } from '@tanstack/react-router';
import { Mark, type Tone } from '../../shell/mark.tsx';
import { TierMark } from '../../shell/tier.tsx';
import { Time } from '../../shell/time.tsx';
import { Words } from '../../shell/words.tsx';

export type Review = ReviewsReply['reviews'][number];

const TONES: { readonly [state in Review['state']]: Tone } = {
  unstarted: 'none',
  current: 'pass',
  due: 'wait',
  triggered: 'wait',
  overdue: 'fail',
};

export function ReviewsList({ reviews }: { readonly reviews: readonly Review[] }) {
  return (
    <div className="panel">
      <table className="grid folds">
        <thead>
          <tr>
            <th scope="col">Use</th>
            <th scope="col">Tier</th>
            <th scope="col">State</th>
            <th scope="col">Due</th>
            <th scope="col">Last review</th>
          </tr>
        </thead>
        <tbody>
          {reviews.map((one) => (
            <ReviewRow key={`${one.model} ${one.use}`} review={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ReviewRow({ review }: { readonly review: Review }) {
  const { model, use, last } = review;
  return (
    <tr>
      <td>
        <Link to="/models/$model" params={{ model }}>
          {model}
        </Link>{' '}
        for {use}
      </td>
      <td data-label="Tier">
        <TierMark tier={review.tier} />
        <div className="small muted">every {review.cadenceDays} days</div>
      </td>
      <td data-label="State">
        <Link
          to="/reviews/$model/$use"
          params={{ model, use }}
          aria-label={`review ${model} for ${use}: ${review.state}`}
        >
          <Mark tone={TONES[review.state]} text={review.state} />
        </Link>
        {review.triggers.map(({ record, text }) => (
          <div key={record} className="small">
            <Link to="/records/$digest" params={{ digest: record }}>
              <Words text={text} />
            </Link>
          </div>
        ))}
      </td>
      <td data-label="Due">
        <Due review={review} />
      </td>
      <td data-label="Last review">
        {last === undefined ? (
          <span className="muted">never</span>
        ) : (
          <span>
            <Link to="/records/$digest" params={{ digest: last.digest }}>
              {last.content.outcome}
            </Link>{' '}
            by {last.by}, <Time at={last.at} />
          </span>
        )}
      </td>
    </tr>
  );
}

function Due({ review: { due, daysLeft } }: { readonly review: Review }) {
  if (due === undefined) return <span className="muted">not before it is in use</span>;
  return (
    <span>
      <Time at={due} />
      {daysLeft === undefined ? null : (
        <span className="small muted">
          {daysLeft < 0 ? `, ${-daysLeft} days ago` : `, in ${daysLeft} days`}
        </span>
      )}
    </span>
  );
}
