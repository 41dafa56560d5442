// SPDX-License-Identifier: Apache-2.0
import { discussionRoutes, type RemarkBody } from '@countersign/contract';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../../api/client.ts';

/** Writes on a request; what it changes in gates and inboxes is read again. */
export function useRemark(digest: string, onPosted: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: RemarkBody) => call(discussionRoutes.post, { params: { digest }, body }),
    onSuccess: async () => {
      onPosted();
      await client.invalidateQueries({ queryKey: ['discussion', digest] });
      await client.invalidateQueries({ queryKey: ['change', digest] });
    },
  });
}
