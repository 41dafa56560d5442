// SPDX-License-Identifier: Apache-2.0
import { governanceRoutes, registryRoutes } from '@countersign/contract';
import { CliError, usage } from '../errors.ts';
import type { Session } from '../session.ts';
import type { VersionName } from './version-name.ts';

/**
 * The version of a model that is in production: of each use the newest whose warrant holds, as a gateway chooses.
 * @throws CliError `not_found`, `usage` when the uses have different ones
 */
export async function productionVersion(
  session: Session,
  model: string,
  use?: string,
): Promise<VersionName> {
  const { warrants } = await session
    .client()
    .call(governanceRoutes.warrants, { query: { model, live: 'true' } });
  const found = warrants.filter(
    (one) => one.environment === 'production' && (use === undefined || one.use === use),
  );
  const newest = new Map<string, number>();
  for (const one of found)
    newest.set(one.use, Math.max(one.version, newest.get(one.use) ?? one.version));
  const versions = [...new Set(newest.values())];
  const [version, second] = versions;
  if (version === undefined) {
    throw new CliError('not_found', `no version of \`${model}\` holds a production warrant`, {
      details: { next: 'name a version as MODEL@N' },
    });
  }
  if (second !== undefined)
    throw usage(
      `the uses of \`${model}\` have versions ${versions.join(' and ')} in production`,
      'name one use with --use, or a version as MODEL@N',
    );
  return { model, version };
}

/**
 * The version in production or, where none is, the newest: what a caller may ask with. Whether an answer is given is for
 * the gateway to say.
 */
export async function askableVersion(session: Session, model: string): Promise<VersionName> {
  try {
    return await productionVersion(session, model);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== 'not_found') throw error;
    const { versions } = await session
      .client()
      .call(registryRoutes.versions, { params: { model } });
    const newest = versions.at(-1);
    if (newest === undefined) throw error;
    return { model, version: newest.version };
  }
}
