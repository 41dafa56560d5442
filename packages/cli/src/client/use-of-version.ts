// SPDX-License-Identifier: Apache-2.0
import { registryRoutes } from '@countersign/contract';
import type { Session } from '../session.ts';
import type { VersionName } from './version-name.ts';

/** The use that a version was built for. @throws CliError `api_refused` with `version_unknown` */
export async function useOfVersion(
  session: Session,
  { model, version }: VersionName,
): Promise<string> {
  const { use } = await session
    .client()
    .call(registryRoutes.version, { params: { model, version } });
  return use;
}
