// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { canonicalBytes } from '@countersign/kernel';
import type { ImageDescription } from '../container/describe-image.ts';
import type {
  HostEnvironmentRecord,
  ImageEnvironmentRecord,
  PythonEnvironmentRecord,
} from '../run/result.ts';
import {
  type Bill,
  type BillComponent,
  cranUrl,
  osPackageUrl,
  pypiUrl,
} from './bill-of-materials.ts';
import type { Distribution, OsPackage } from './os-packages.ts';
import type { ListedPackage } from './r-packages.ts';
import { normalName, type PackageMetadata } from './wheel-metadata.ts';

/** The system below an environment that is not an image: what the sandbox shows of /usr. */
export interface BaseSystem {
  readonly distribution: Distribution;
  readonly packages: readonly OsPackage[];
}

/** Wheels with their licences, the interpreter, and the packages below them. */
export function pythonBill(
  environment: PythonEnvironmentRecord,
  installed: ReadonlyMap<string, PackageMetadata>,
  base: BaseSystem,
): Bill {
  const { interpreter, lockFile, lockDigest, packages, wheels } = environment;
  const versions = new Map(packages.map(({ name, version }) => [normalName(name), version]));
  const urlOf = (name: string) => pypiUrl(name, versions.get(name) ?? '');
  const libraries = wheels.map(({ file, digest }): BillComponent => {
    const name = normalName(file.split('-')[0] ?? file);
    const metadata = installed.get(name);
    return {
      kind: 'library',
      name,
      version: versions.get(name) ?? metadata?.version ?? 'unknown',
      purl: urlOf(name),
      sha256: digest,
      licence: metadata?.licence,
      properties: { wheel: file },
      requires: (metadata?.requires ?? []).filter((one) => versions.has(one)).map(urlOf),
    };
  });
  const python: BillComponent = {
    kind: 'application',
    name: interpreter.implementation,
    version: interpreter.version,
    sha256: interpreter.programDigest,
    licence: { expression: 'PSF-2.0' },
    properties: {
      identity: interpreter.digest,
      libc: interpreter.libc,
      machine: interpreter.machine,
      ...(interpreter.libraryDigest === null ? {} : { library: interpreter.libraryDigest }),
    },
  };
  return {
    subject: { kind: 'application', name: lockFile, version: lockDigest, sha256: lockDigest },
    components: [...libraries, python, ...systemComponents(base)],
  };
}

/** What the package managers of an image say that it holds. */
export function imageBill(environment: ImageEnvironmentRecord, held: ImageDescription): Bill {
  const { reference, manifest, layers } = environment.image;
  const name = reference.replace(/@sha256:.*$/, '');
  const python = held.python.map((one) => ({
    ...listed(one),
    purl: pypiUrl(normalName(one.name), one.version),
  }));
  return {
    subject: {
      kind: 'container',
      name,
      version: `sha256:${manifest.digest}`,
      purl: `pkg:oci/${name.split('/').at(-1) ?? name}@sha256%3A${manifest.digest}`,
      sha256: manifest.digest,
      properties: Object.fromEntries(
        layers.map(({ digest }, at) => [`layer:${at + 1}`, digest] as const),
      ),
    },
    components: unique([...python, ...rComponents(held.r), ...systemComponents(held)]),
  };
}

/** The programs that were named, with the packages of the machine that they come from. */
export function hostBill(
  environment: HostEnvironmentRecord,
  base: BaseSystem,
  rPackages: readonly ListedPackage[],
): Bill {
  const digest = programsDigest(environment);
  const programs = environment.programs.map(
    (one): BillComponent => ({
      kind: 'file',
      name: one.path,
      version: (one.version?.says ?? '').split('\n')[0] || one.digest,
      sha256: one.digest,
    }),
  );
  return {
    subject: { kind: 'application', name: 'programs of the machine', version: digest },
    components: unique([...programs, ...rComponents(rPackages), ...systemComponents(base)]),
  };
}

/** What names a set of programs: the SHA-256 of the canonical JSON of their records. */
export function programsDigest({ programs }: Pick<HostEnvironmentRecord, 'programs'>): string {
  return createHash('sha256').update(programsBytes({ programs })).digest('hex');
}

export function programsBytes({ programs }: Pick<HostEnvironmentRecord, 'programs'>): Uint8Array {
  const plain = programs.map(({ name, path, digest, version }) => ({
    ...{ name, path, digest },
    ...(version === undefined ? {} : { version: { ...version } }),
  }));
  return canonicalBytes(plain);
}

/** Licences by name and version, of what states one. */
export function licencesOf({ components }: Bill): Readonly<Record<string, string>> {
  const stated = components.flatMap(({ kind, name, licence }) => {
    if (kind !== 'library' || licence === undefined) return [];
    return [[name, 'expression' in licence ? licence.expression : licence.name] as const];
  });
  return Object.fromEntries(stated);
}

function systemComponents({ distribution, packages }: BaseSystem): readonly BillComponent[] {
  const { id, version } = distribution;
  return [
    { kind: 'operating-system', name: id, version },
    ...packages.map(
      (one): BillComponent => ({
        kind: 'library',
        name: one.name,
        version: one.version,
        purl: osPackageUrl(one, distribution),
      }),
    ),
  ];
}

function rComponents(packages: readonly ListedPackage[]): readonly BillComponent[] {
  return packages.map((one) => ({ ...listed(one), purl: cranUrl(one.name, one.version) }));
}

function listed(one: ListedPackage): BillComponent {
  const { name, version, licence } = one;
  return {
    kind: 'library',
    name,
    version,
    ...(licence === '' ? {} : { licence: { name: licence } }),
  };
}

/** A package that two folders of one image hold is one component. */
function unique(components: readonly BillComponent[]): readonly BillComponent[] {
  const seen = new Set<string>();
  return components.filter(({ purl }) => {
    if (purl === undefined) return true;
    const isNew = !seen.has(purl);
    seen.add(purl);
    return isNew;
  });
}
