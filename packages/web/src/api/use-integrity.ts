// SPDX-License-Identifier: Apache-2.0
import { logRoutes } from '@countersign/contract';
import { useQuery } from '@tanstack/react-query';
import type { RecordsQuestion } from '../crypto/verified-records.ts';
import { verifyRecordsInWorker } from '../crypto/verify-in-worker.ts';
import { callBytes } from './client.ts';
import { useTrustedRoot } from './use-trusted-root.ts';

export interface IntegrityAsked {
  /** Any record of the model: its bundle holds all of the model's records. */
  readonly digest: string;
  readonly asOf?: number | undefined;
  readonly told: RecordsQuestion['told'];
}

/** Fetches a model's proofs and verifies them in this browser; undefined asks for nothing. */
export function useIntegrity(asked: IntegrityAsked | undefined) {
  const { trusted } = useTrustedRoot();
  const { root } = trusted;
  return useQuery({
    queryKey: ['integrity', root, asked],
    enabled: asked !== undefined,
    refetchOnWindowFocus: false,
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      if (asked === undefined) throw new Error('nothing to verify');
      const { digest, asOf, told } = asked;
      const bytes = await callBytes(logRoutes.bundle, { params: { digest }, signal });
      const started = performance.now();
      const now = new Date().toISOString();
      const answer = await verifyRecordsInWorker({ bytes, root, now, asOf, told }, signal);
      return { answer, tookMs: Math.round(performance.now() - started) };
    },
  });
}
