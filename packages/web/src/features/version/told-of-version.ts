// SPDX-License-Identifier: Apache-2.0
import type { VersionReply } from '@countersign/contract';
import type { RecordsQuestion } from '../../crypto/verified-records.ts';

/** Everything that the page shows of records, to be compared with the proven ones. */
export function toldOf(version: VersionReply, workspace: string): RecordsQuestion['told'] {
  const { artifact, spec, run, request, commit, environment, snapshots, findings } = version;
  const items = [artifact, spec, run, request, commit, environment, ...snapshots, ...findings]
    .filter((one) => one !== undefined)
    .map(({ digest, type, actor, content }) => ({ digest, type, actor, content }));
  const lists = [
    ...version.evidence,
    ...version.changeRequests,
    ...version.approvals,
    ...version.warrants,
    ...version.endings,
  ].map(({ digest, type, actor }) => ({ digest, type, actor }));
  const known = new Set(items.map(({ digest }) => digest));
  return {
    records: [...items, ...lists.filter(({ digest }) => !known.has(digest))],
    version: {
      workspace,
      model: version.model,
      use: version.use,
      version: version.version,
      artifactDigest: version.artifactDigest,
    },
  };
}
