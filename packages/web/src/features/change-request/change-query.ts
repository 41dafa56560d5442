// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, logRoutes } from '@countersign/contract';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call, callBytes } from '../../api/client.ts';
import { useMe } from '../../api/me.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { verifyInWorker } from '../../crypto/verify-in-worker.ts';

export interface ChangeAsked {
  readonly digest: string;
  readonly account: string;
  readonly root: string;
}

/** What the server says of a change request, and what its proofs show when they are verified and judged here. */
function changeQuery({ digest, account, root }: ChangeAsked) {
  return queryOptions({
    queryKey: ['change', digest, account, root],
    // An authenticator's dialogue takes the focus: the request must not be read again amid its signing.
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }) => {
      const [told, bytes] = await Promise.all([
        call(governanceRoutes.get, { params: { digest }, signal }),
        callBytes(logRoutes.bundle, { params: { digest }, signal }),
      ]);
      const started = performance.now();
      const question = {
        bytes,
        root,
        digest,
        account,
        origin: location.origin,
        now: new Date().toISOString(),
        told: { evidence: told.evidence, verdict: told.verdict },
      };
      const verified = await verifyInWorker(question, signal);
      return { told, verified, tookMs: Math.round(performance.now() - started) };
    },
  });
}

export function useChange(digest: string) {
  const { account } = useMe();
  const standing = useTrustedRoot();
  return useQuery(changeQuery({ digest, account, root: standing.trusted.root }));
}
