// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { Distribution, OsPackage } from './os-packages.ts';

/** One thing that an environment is made of. */
export interface BillComponent {
  readonly kind: 'library' | 'application' | 'file' | 'container' | 'operating-system';
  readonly name: string;
  readonly version: string;
  /** Package URL (purl-spec); what is no package of a registry has none. */
  readonly purl?: string;
  readonly sha256?: string;
  readonly licence?: { readonly expression: string } | { readonly name: string } | undefined;
  /** Facts without a field of their own, by name. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Package URLs of what it requires. */
  readonly requires?: readonly string[];
}

export interface Bill {
  /** The environment itself. */
  readonly subject: BillComponent;
  readonly components: readonly BillComponent[];
}

const TYPES = {
  library: Enums.ComponentType.Library,
  application: Enums.ComponentType.Application,
  file: Enums.ComponentType.File,
  container: Enums.ComponentType.Container,
  'operating-system': Enums.ComponentType.OperatingSystem,
} as const;
const SERIAL = '00000000-0000-8000-8000-000000000000';

/**
 * CycloneDX 1.6 JSON (ECMA-424). The same environment gives the same bytes: there is no timestamp, lists are in order, and the
 * serial number is a UUID of version 8 (RFC 9562) made of the SHA-256 of the document with a serial number of zeros.
 */
export function cycloneDx(bill: Bill): Uint8Array {
  const text = serialize(bill, SERIAL);
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  const serial = [...parts, `${variant}${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
  return new TextEncoder().encode(serialize(bill, serial));
}

function serialize({ subject, components }: Bill, serial: string): string {
  const bom = new Models.Bom({ serialNumber: `urn:uuid:${serial}` });
  const root = component(subject, 'environment');
  bom.metadata.component = root;
  const made = components.map((one) =>
    component(one, one.purl ?? `${one.kind}:${one.name}:${one.version}`),
  );
  const byPurl = new Map(made.map((one) => [one.bomRef.value, one.bomRef]));
  for (const [at, one] of made.entries()) {
    bom.components.add(one);
    root.dependencies.add(one.bomRef);
    for (const purl of components[at]?.requires ?? []) {
      const required = byPurl.get(purl);
      if (required !== undefined) one.dependencies.add(required);
    }
  }
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const json = new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 1 });
  return `${json}\n`;
}

function component(one: BillComponent, ref: string): Models.Component {
  const made = new Models.Component(TYPES[one.kind], one.name, {
    bomRef: ref,
    version: one.version,
    ...(one.purl === undefined ? {} : { purl: one.purl }),
  });
  if (one.sha256 !== undefined) made.hashes.set(Enums.HashAlgorithm['SHA-256'], one.sha256);
  for (const [name, value] of Object.entries(one.properties ?? {}))
    made.properties.add(new Models.Property(`countersign:${name}`, value));
  const { licence } = one;
  if (licence === undefined) return made;
  if ('expression' in licence) made.licenses.add(new Models.LicenseExpression(licence.expression));
  else made.licenses.add(new Models.NamedLicense(licence.name));
  return made;
}

/** `pkg:pypi/numpy@2.4.6`. */
export function pypiUrl(normalisedName: string, version: string): string {
  return `pkg:pypi/${encoded(normalisedName)}@${encoded(version)}`;
}

/** `pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12`. */
export function osPackageUrl(one: OsPackage, distribution: Distribution): string {
  const { system, name, version, architecture } = one;
  const place = `${encoded(distribution.id)}/${encoded(name)}@${encoded(version)}`;
  const distro = `${distribution.id}-${distribution.version}`;
  return `pkg:${system}/${place}?arch=${encoded(architecture)}&distro=${encoded(distro)}`;
}

/** `pkg:cran/survival@3.5-3`. */
export function cranUrl(name: string, version: string): string {
  return `pkg:cran/${encoded(name)}@${encoded(version)}`;
}

/** purl-spec, character encoding: everything but letters, digits and `.-_~:`. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll('%3A', ':')
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
