// SPDX-License-Identifier: Apache-2.0
import { partsOfImage } from '../container/oci-image.ts';
import type { EnvironmentRecord, NamedBlob } from '../run/result.ts';

/** Everything of an environment that was archived, by what it is: all that a rebuild needs, and its bill of materials. */
export function environmentBlobs(environment: EnvironmentRecord | null): readonly NamedBlob[] {
  if (environment === null) return [];
  const { billOfMaterials } = environment;
  return [...ownParts(environment), ...(billOfMaterials === undefined ? [] : [billOfMaterials])];
}

/** The digest that an environment is locked by: of the lock file, the image's manifest, or the record of the programs. */
export function environmentLock(environment: EnvironmentRecord): string {
  switch (environment.kind) {
    case 'python':
      return environment.lockDigest;
    case 'image':
      return environment.image.manifest.digest;
    case 'host':
      return environment.programsRecord.digest;
  }
}

function ownParts(environment: EnvironmentRecord): readonly NamedBlob[] {
  switch (environment.kind) {
    case 'python':
      return environment.installer === undefined
        ? environment.wheels
        : [...environment.wheels, environment.installer];
    case 'image':
      return partsOfImage(environment.image);
    case 'host':
      return [environment.programsRecord];
  }
}
