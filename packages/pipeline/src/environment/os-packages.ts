// SPDX-License-Identifier: Apache-2.0

/** A package that an operating system's package manager installed. */
export interface OsPackage {
  readonly system: 'deb' | 'apk';
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

/** `ID` and `VERSION_ID` of os-release(5). */
export interface Distribution {
  readonly id: string;
  readonly version: string;
}

const PACKAGES_MAX = 50_000;

/** Installed packages of dpkg's database (`/var/lib/dpkg/status`, deb-status: paragraphs of `Field: value` lines). */
export function readOsPackages(status: string): readonly OsPackage[] {
  const found = status.split(/\n\s*\n/).flatMap((paragraph): readonly OsPackage[] => {
    const field = (name: string) =>
      new RegExp(`^${name}: *(.*)$`, 'm').exec(paragraph)?.[1]?.trim();
    const [name, version, architecture] = [
      field('Package'),
      field('Version'),
      field('Architecture'),
    ];
    // Distroless images keep one paragraph a file and write no state.
    const isInstalled = /\binstalled$/.test(field('Status') ?? 'install ok installed');
    if (name === undefined || version === undefined || !isInstalled) return [];
    return [{ system: 'deb', name, version, architecture: architecture ?? 'all' }];
  });
  return inOrder(found);
}

/** Installed packages of apk's database (`/lib/apk/db/installed`: `P:` name, `V:` version, `A:` architecture). */
export function readApkPackages(installed: string): readonly OsPackage[] {
  const found = installed.split(/\n\s*\n/).flatMap((paragraph): readonly OsPackage[] => {
    const field = (letter: string) =>
      new RegExp(`^${letter}:(.*)$`, 'm').exec(paragraph)?.[1]?.trim();
    const [name, version] = [field('P'), field('V')];
    if (name === undefined || version === undefined) return [];
    return [{ system: 'apk', name, version, architecture: field('A') ?? 'noarch' }];
  });
  return inOrder(found);
}

/** One line a package, in the order of its bytes. */
export function osPackagesText(packages: readonly OsPackage[]): string {
  return packages.map((one) => `${line(one)}\n`).join('');
}

/** @param osRelease the text of /etc/os-release */
export function readDistribution(osRelease: string): Distribution {
  const field = (name: string) =>
    new RegExp(`^${name}="?([^"\\n]*)`, 'm').exec(osRelease)?.[1] ?? 'unknown';
  return { id: field('ID'), version: field('VERSION_ID') };
}

function inOrder(packages: readonly OsPackage[]): readonly OsPackage[] {
  const sorted = packages.toSorted((a, b) => (line(a) < line(b) ? -1 : 1));
  return sorted.slice(0, PACKAGES_MAX);
}

function line({ name, version, architecture }: OsPackage): string {
  return `${name} ${version} ${architecture}`;
}
