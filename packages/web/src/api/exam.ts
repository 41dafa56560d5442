// SPDX-License-Identifier: Apache-2.0
import { examRoutes } from '@countersign/contract';
import { queryOptions } from '@tanstack/react-query';
import { type CallInput, call, callBytes } from './client.ts';

/** How production stood at the end of a month, as far as it has passed. */
export function postureQuery(month: string, known?: string) {
  return queryOptions({
    queryKey: ['posture', month, known],
    queryFn: ({ signal }) => call(examRoutes.posture, { query: { month, known }, signal }),
  });
}

/** The package's bytes, with the SHA-256 of what came. @throws ApiError */
export async function examPackage(query: CallInput['query'] = {}) {
  const bytes = await callBytes(examRoutes.package, { query });
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(bytes)));
  return { bytes, digest: digest.toHex() };
}
