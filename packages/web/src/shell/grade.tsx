// SPDX-License-Identifier: Apache-2.0

const MEANINGS: { readonly [grade: string]: string } = {
  enforced: 'our gateway or admission check lets nothing answer without a warrant',
  checked: 'a gate in the pipeline or at ingest checks the warrant',
  attested: 'its owner declares it, and it is reconciled',
};

/** How far what is said of production is enforced; printed wherever a version is. */
export function GradeMark({ grade }: { readonly grade: string }) {
  const meaning = MEANINGS[grade];
  return (
    <span>
      <strong>{grade}</strong>
      {meaning === undefined ? null : <span className="muted">: {meaning}</span>}
    </span>
  );
}
