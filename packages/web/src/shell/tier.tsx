// SPDX-License-Identifier: Apache-2.0

/** Said by weight and word; colour is kept for verdicts, and a tier is none. */
export function TierMark({ tier }: { readonly tier: string | undefined }) {
  return (
    <span className="tier" data-tier={tier}>
      {tier ?? 'not tiered'}
    </span>
  );
}
