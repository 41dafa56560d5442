// SPDX-License-Identifier: Apache-2.0
import type { EnrolledKey, RecordSet } from '@countersign/kernel';
import { CliError, usage } from '../errors.ts';

/** An enrolled key by the beginning of its id. @throws CliError `usage`, `not_found` */
export function findKey(trust: RecordSet, prefix: string): EnrolledKey {
  if (!/^[0-9a-f]{8,64}$/.test(prefix)) {
    throw usage(`\`${prefix}\` is not a key id`, 'name eight or more of its hex digits');
  }
  const found = [...trust.register.values()].filter(({ key }) => key.keyid.startsWith(prefix));
  const [first, second] = found;
  if (second !== undefined) throw usage(`more than one key begins with \`${prefix}\``);
  if (first !== undefined) return first;
  throw new CliError('not_found', `no key \`${prefix}\` is enrolled`, {
    details: { next: 'list keys with `countersign keys list`' },
  });
}
