// SPDX-License-Identifier: Apache-2.0
import type { ReviewsReply } from '@countersign/contract';
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { isForbidden } from '../../api/api-error.ts';
import { reviewsQuery } from '../../api/registry.ts';
import { Page } from '../../shell/page.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { ReviewsCalendar } from './reviews-calendar.tsx';
import { ReviewsList } from './reviews-list.tsx';

const route = getRouteApi('/signed-in/reviews');

export function ReviewsPage() {
  const { data, error, refetch } = useQuery(reviewsQuery);
  const { view } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Page
      title="Reviews"
      lede="When each use is looked at again, by its tier and by what has happened since."
      actions={
        <SegmentedControl
          aria-label="How reviews are shown"
          bg="var(--cs-sunken)"
          value={view ?? 'list'}
          data={[
            { value: 'list', label: 'List' },
            { value: 'calendar', label: 'Calendar' },
          ]}
          onChange={(value) =>
            void navigate({ search: value === 'calendar' ? { view: 'calendar' } : {} })
          }
        />
      }
    >
      {isForbidden(error) ? (
        <Empty title="Reviews are shown to those with a duty">
          <p>They are read by those who build, own, check or approve models.</p>
        </Empty>
      ) : null}
      {error === null || isForbidden(error) ? null : (
        <Problem error={error} onRetry={() => void refetch()} />
      )}
      {data === undefined && error === null ? <Loading what="Reading what is due…" /> : null}
      {data === undefined ? null : <Reviews reviews={data.reviews} total={data.total} />}
    </Page>
  );
}

function Reviews({ reviews, total }: Pick<ReviewsReply, 'reviews' | 'total'>) {
  const { view, month } = route.useSearch();
  if (reviews.length === 0) {
    return (
      <Empty title="No use has a review to come">
        <p>
          A use is reviewed once model risk has signed its tier with{' '}
          <code>countersign propose</code>.
        </p>
      </Empty>
    );
  }
  return (
    <>
      {total > reviews.length ? (
        <p className="muted" style={{ margin: 0 }}>
          The {reviews.length} most pressing of {total}.
        </p>
      ) : null}
      {view === 'calendar' ? (
        <ReviewsCalendar reviews={reviews} month={month ?? new Date().toISOString().slice(0, 7)} />
      ) : (
        <ReviewsList reviews={reviews} />
      )}
    </>
  );
}
