// SPDX-License-Identifier: Apache-2.0
import type { RecordSet } from '@countersign/kernel';
import { missingIntake, usesOf } from '../registry/index.ts';
import { refused } from './run-request.ts';

/**
 * Work on a model starts once its intake is signed (SOC 2 CC8.1: changes are authorised before they are developed). A
 * request that names no use is let in when any use of the model may be worked on; the run then names the one it is for.
 * @throws ServerError `job_request_refused` naming what intake lacks
 */
export function refuseUnauthorised(
  set: RecordSet,
  workspace: string,
  work: { readonly model: string; readonly use?: string },
): void {
  const { model } = work;
  const uses = work.use === undefined ? usesOf(set, workspace, model) : [work.use];
  const lacking = uses.map((use) => ({
    use,
    missing: missingIntake(set, { workspace, model, use }),
  }));
  if (lacking.some(({ missing }) => missing.length === 0)) return;
  const [first] = lacking;
  const what = first === undefined ? 'it has no use' : `it lacks ${first.missing.join(', ')}`;
  const of = first === undefined ? '' : ` for \`${first.use}\``;
  throw refused(
    `work on \`${model}\`${of} is not authorised yet: ${what}; the owner signs with \`countersign propose\`, model risk with \`countersign propose --tier\``,
    { missing: [...(first?.missing ?? [])] },
  );
}
