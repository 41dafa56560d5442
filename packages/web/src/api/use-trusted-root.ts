// SPDX-License-Identifier: Apache-2.0
import { type RootStanding, trustedRoot } from '../crypto/trusted-root.ts';
import { useMe } from './me.ts';

/** The founding record that this browser keeps to, and whether the server still names it. */
export function useTrustedRoot(): RootStanding {
  const { root } = useMe();
  return trustedRoot(localStorage, root, new Date().toISOString());
}
