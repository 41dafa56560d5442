// SPDX-License-Identifier: Apache-2.0

/** Longer than any registry takes. */
const LENGTH_MAX = 1024;
/** Name with an optional tag, then the digest, as in the OCI distribution specification; a tag beside a digest says nothing. */
const PINNED = /^[A-Za-z0-9][A-Za-z0-9._:/-]*@sha256:([0-9a-f]{64})$/;

/** The SHA-256 digest that an image is pinned by, as hex, or undefined when whoever holds the registry may swap it. */
export function pinnedDigest(image: string): string | undefined {
  return image.length > LENGTH_MAX ? undefined : PINNED.exec(image)?.[1];
}
