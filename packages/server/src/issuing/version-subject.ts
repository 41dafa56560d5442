// SPDX-License-Identifier: Apache-2.0
import {
  enforcementCaveat,
  enforcementGrade,
  latestItem,
  originOfVersion,
  type RecordSet,
  readTier,
  type VersionContext,
  versionContext,
} from '@countersign/kernel';
import type { DocumentFacts } from '../dossier/index.ts';
import { ServerError } from '../errors.ts';
import { registeredVersions } from '../registry/index.ts';
import type { CompiledDocument, DocumentRequest } from './document-kind.ts';

/** The version that a document is about, and what every document says of it first. */
export interface VersionSubject {
  readonly context: VersionContext;
  readonly facts: DocumentFacts;
}

/**
 * The version that the params name, with the use it is asked about: the one it was built for unless given.
 * @throws ServerError `version_unknown`, `job_invalid` where the params name no version
 */
export function versionSubject({ workspace, set, params, facts }: DocumentRequest): VersionSubject {
  const { model, version } = params;
  if (model === undefined || version === undefined) {
    throw new ServerError(
      'job_invalid',
      `\`${params.document}\` is about one version; name it as MODEL@N`,
      { details: { field: 'params.version' } },
    );
  }
  const known = registeredVersions(set, { workspace, model }).find(
    (one) => one.version === version,
  );
  const use = params.use ?? known?.artifact.statement.predicate.subjectRef.use ?? '';
  const found = versionContext(set, { workspace, model, use, version });
  if (!found.ok) throw new ServerError('version_unknown', found.reason, { details: { version } });
  const { context } = found;
  return {
    context,
    facts: {
      ...facts,
      modelName: modelName(set, context),
      tier: readTier(set, context)?.tier ?? 'high',
      origin: originOfVersion(set, context),
      enforcementGrade: enforcementGrade(set, context),
      enforcementCaveat: enforcementCaveat(set, context),
    },
  };
}

/** What the inventory calls a model; undefined where no entry names it. */
function modelName(set: RecordSet, context: VersionContext): string | undefined {
  const { name } = latestItem(set, context, { id: 'inventory-entry' })?.statement.predicate
    .content ?? { name: undefined };
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The scope and subject of a record about the version. */
export function ofVersion(context: VersionContext): Pick<CompiledDocument, 'scope' | 'subjectRef'> {
  const { workspace, model, use, version, artifactDigest } = context;
  return { scope: 'version', subjectRef: { workspace, model, use, version, artifactDigest } };
}
