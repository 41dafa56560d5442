// SPDX-License-Identifier: Apache-2.0
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isForbidden } from '../../api/api-error.ts';
import { Empty, Loading, Problem } from '../../shell/states.tsx';

interface AnsweredProps<Data> {
  readonly of: Pick<UseQueryResult<Data>, 'data' | 'error' | 'refetch'>;
  readonly children: (data: Data) => ReactNode;
}

/** A register once it has come; until then that it is read, or why it is not shown. */
export function Answered<Data>({ of: { data, error, refetch }, children }: AnsweredProps<Data>) {
  if (data !== undefined) return children(data);
  if (isForbidden(error)) {
    return (
      <Empty title="Registers are shown to those with a duty">
        <p>They are read by those who build, own, check or approve models.</p>
      </Empty>
    );
  }
  if (error !== null) return <Problem error={error} onRetry={() => void refetch()} />;
  return <Loading what="Reading the register…" />;
}
