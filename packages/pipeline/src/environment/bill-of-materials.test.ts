// SPDX-License-Identifier: Apache-2.0
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { expect, test } from 'vitest';
import { type Bill, cycloneDx, osPackageUrl, pypiUrl } from './bill-of-materials.ts';
import { hostPackages } from './machine-details.ts';
import { parseMetadata } from './wheel-metadata.ts';

const BILL: Bill = {
  subject: { kind: 'application', name: 'requirements.lock', version: 'abc' },
  components: [
    {
      kind: 'library',
      name: 'pandas',
      version: '3.0.0',
      purl: pypiUrl('pandas', '3.0.0'),
      sha256: 'b'.repeat(64),
      licence: { name: 'BSD 3-Clause License' },
      requires: [pypiUrl('numpy', '2.4.6+local')],
      properties: { wheel: 'pandas-3.0.0.whl' },
    },
    {
      kind: 'library',
      name: 'numpy',
      version: '2.4.6+local',
      purl: pypiUrl('numpy', '2.4.6+local'),
      sha256: 'a'.repeat(64),
      licence: { expression: 'BSD-3-Clause AND MIT' },
    },
    { kind: 'operating-system', name: 'debian', version: '12' },
  ],
};

test('a bill of materials is CycloneDX 1.6 by its own schema, strictly', async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  const text = new TextDecoder().decode(cycloneDx(BILL));
  expect(await validator.validate(text)).toBeNull();
  const broken = text.replace('"type": "library"', '"type": "libary"');
  expect(await validator.validate(broken)).not.toBeNull();
});

test('the packages of this machine make a valid bill too', async () => {
  const distribution = { id: 'debian', version: '12' };
  const components = ((await hostPackages()) ?? []).map((one) => ({
    kind: 'library' as const,
    name: one.name,
    version: one.version,
    purl: osPackageUrl(one, distribution),
  }));
  const text = new TextDecoder().decode(cycloneDx({ ...BILL, components }));
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(text)).toBeNull();
});

test('the same environment has the same bytes, in whatever order it is listed; another has another serial number', () => {
  const once = cycloneDx(BILL);
  const again = cycloneDx({ ...BILL, components: BILL.components.toReversed() });
  expect(Buffer.from(again).equals(once)).toBe(true);
  const parsed = JSON.parse(new TextDecoder().decode(once));
  expect(parsed.metadata.timestamp).toBeUndefined();
  expect(parsed.serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(parsed.dependencies).toContainEqual({
    ref: 'pkg:pypi/pandas@3.0.0',
    dependsOn: ['pkg:pypi/numpy@2.4.6%2Blocal'],
  });
  const other = cycloneDx({ ...BILL, components: BILL.components.slice(1) });
  expect(JSON.parse(new TextDecoder().decode(other)).serialNumber).not.toBe(parsed.serialNumber);
});

test('package URLs are written as purl-spec has them', () => {
  const one = {
    system: 'deb',
    name: 'libstdc++6',
    version: '1:12.2.0-14+deb12u1~x',
    architecture: 'amd64',
  } as const;
  expect(osPackageUrl(one, { id: 'debian', version: '12' })).toBe(
    'pkg:deb/debian/libstdc%2B%2B6@1:12.2.0-14%2Bdeb12u1~x?arch=amd64&distro=debian-12',
  );
});

test('a licence is read from the newest field that states it, and never from a description', () => {
  const head = 'Metadata-Version: 2.4\nName: Some_Package\nVersion: 1.0\n';
  const of = (lines: string) => parseMetadata(`${head}${lines}\n\nLicense: not this`)?.licence;
  expect(of('License-Expression: MIT OR Apache-2.0\nLicense: other')).toEqual({
    expression: 'MIT OR Apache-2.0',
  });
  expect(of('License: BSD\nClassifier: License :: OSI Approved :: MIT License')).toEqual({
    name: 'BSD',
  });
  expect(of('License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License')).toEqual({
    name: 'MIT License',
  });
  expect(of('Summary: nothing')).toBeUndefined();
  expect(
    parseMetadata(`${head}Requires-Dist: numpy>=1\nRequires-Dist: pytest; extra == "test"\n`)
      ?.requires,
  ).toEqual(['numpy']);
});
