// SPDX-License-Identifier: Apache-2.0
import { Button, Loader } from '@mantine/core';
import { Link, useRouter } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiError, type ApiProblem } from '../api/api-error.ts';
import { Page } from './page.tsx';
import { Words } from './words.tsx';

/** What went wrong, as the server or the kernel words it, and what to do. */
export function Problem({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}) {
  const message = error instanceof Error ? error.message : String(error);
  const problem = error instanceof ApiError ? error.problem : undefined;
  return (
    <div className="panel" data-tone="fail" role="alert">
      <p className="wrap" style={{ margin: 0 }}>
        <strong>
          <Words text={message} />
        </strong>
      </p>
      {(problem?.missing ?? []).length > 0 ? (
        <ul>
          {problem?.missing?.map((one) => (
            <li key={one}>{one}</li>
          ))}
        </ul>
      ) : null}
      {furtherProblems(message, problem?.problems).map(({ place, message: text }) => (
        <p key={`${place} ${text}`} className="small">
          {place}: {text}
        </p>
      ))}
      {problem?.next === undefined ? null : <p>Next: {problem.next}.</p>}
      {problem?.requestId === undefined ? null : (
        <p className="small muted" style={{ marginBottom: 0 }}>
          Request {problem.requestId}
        </p>
      )}
      {onRetry === undefined ? null : (
        <Button variant="default" mt="sm" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** A refusal of one member names it in its message already. */
function furtherProblems(message: string, problems: ApiProblem['problems'] = []) {
  return problems.filter((one) => message !== `\`${one.place}\`: ${one.message}`);
}

/** Nothing is here, why, and what to do about it. */
export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className="panel">
      <p style={{ margin: 0 }}>
        <strong>{title}</strong>
      </p>
      {children === undefined ? null : <div className="muted">{children}</div>}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return (
    <div className="row muted" role="status">
      <Loader size="xs" aria-hidden />
      {what}
    </div>
  );
}

export function LoadingPage() {
  return <Loading what="Loading…" />;
}

export function FailedPage({ error }: { readonly error: unknown }) {
  const router = useRouter();
  return (
    <main className="main">
      <Page title="This page could not be shown">
        <Problem error={error} onRetry={() => void router.invalidate()} />
        <p>
          <Link to="/inbox">Go to your inbox</Link>
        </p>
      </Page>
    </main>
  );
}

export function UnknownPage() {
  return (
    <main className="main">
      <Page title="No such page">
        <p>
          Nothing is at this address. <Link to="/inbox">Go to your inbox</Link>
        </p>
      </Page>
    </main>
  );
}
