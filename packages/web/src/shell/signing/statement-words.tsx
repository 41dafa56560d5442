// SPDX-License-Identifier: Apache-2.0
import { isDigest, type Json, type Statement, subjectText, visibleText } from '@countersign/kernel';
import type { DraftedStatement } from '../../crypto/drafted-statement.ts';
import { Digest } from '../digest.tsx';
import { type Fact, Facts } from '../facts.tsx';
import { Time } from '../time.tsx';
import { typeWords } from '../type-words.ts';

interface StatementWordsProps {
  readonly drafted: DraftedStatement;
  /** What the records are that it names, as the server says. */
  readonly names: Names;
}

type Names = Readonly<Record<string, string>>;

/** A statement as it will stand in the log, every member of it in words, read from the bytes that are signed. */
export function StatementWords({ drafted, names }: StatementWordsProps) {
  const { statement, digest } = drafted;
  const { predicate } = statement;
  const members = Object.entries(predicate.content);
  const said = members.filter(([, value]) => !isOfDigests(value));
  const named = members.filter(([, value]) => isOfDigests(value));
  return (
    <div className="tight">
      <Facts
        facts={[
          ['What', titleOf(statement)],
          ['About', subjectText(predicate.subjectRef)],
          ...[...said, ...named].map(
            ([name, value]): Fact => [
              labelOf(name),
              <Value key={name} value={value} of={labelOf(name)} names={names} />,
            ],
          ),
          ['Account', predicate.actor],
          ['Time', <Time key="time" at={predicate.claimedAt} />],
          [
            'Takes the place of',
            digestList(predicate.supersedes === undefined ? [] : [predicate.supersedes], names),
          ],
          ['Rests on', digestList(predicate.source, names)],
          [
            'Digest of all this',
            <Digest key="all" value={digest} of="the statement’s digest" isWhole />,
          ],
        ]}
      />
      <details>
        <summary>The bytes that are signed</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
        <section className="bytes" tabIndex={0} aria-label="the statement as JSON">
          {JSON.stringify(statement, null, 2)}
        </section>
      </details>
    </div>
  );
}

/** What a statement is, as a heading. */
export function titleOf({ predicate: { type, kind } }: Statement): string {
  const words = typeWords(type);
  const named = words.charAt(0).toUpperCase() + words.slice(1);
  return kind === undefined || kind === 'model' ? named : `${named} (${kind.replaceAll('-', ' ')})`;
}

/** `respondedBy` as people read it. */
export function labelOf(name: string): string {
  const words = visibleText(name)
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('-', ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function digestList(digests: readonly string[], names: Names) {
  if (digests.length === 0) return undefined;
  return (
    <ul className="plain">
      {digests.map((digest) => (
        <li key={digest}>
          <Named digest={digest} of="a record it rests on" names={names} />
        </li>
      ))}
    </ul>
  );
}

interface NamedProps {
  readonly digest: string;
  readonly of: string;
  readonly names: Names;
}

/** The digest is what is signed; what the record is, the server says. */
function Named({ digest, of, names }: NamedProps) {
  const name = names[digest];
  return (
    <span className="row" style={{ gap: '2px 10px' }}>
      <Digest value={digest} of={of} />
      {name === undefined ? null : <span className="small muted">{name}</span>}
    </span>
  );
}

function isOfDigests(value: Json): boolean {
  if (typeof value === 'string') return isDigest(value);
  return Array.isArray(value) && value.length > 0 && value.every(isOfDigests);
}

interface ValueProps {
  readonly value: Json;
  readonly of: string;
  readonly names: Names;
}

function Value({ value, of, names }: ValueProps) {
  if (typeof value === 'string') {
    if (isDigest(value)) return <Named digest={value} of={of} names={names} />;
    return <span className="said">{visibleText(value)}</span>;
  }
  if (typeof value === 'boolean') return <>{value ? 'yes' : 'no'}</>;
  if (value === null || typeof value === 'number') return <>{String(value)}</>;
  if (Array.isArray(value)) return <Values values={value} of={of} names={names} />;
  return (
    <Facts
      facts={Object.entries(value).map(
        ([name, one]): Fact => [
          labelOf(name),
          <Value key={name} value={one} of={labelOf(name)} names={names} />,
        ],
      )}
    />
  );
}

interface ValuesProps {
  readonly values: readonly Json[];
  readonly of: string;
  readonly names: Names;
}

function Values({ values, of, names }: ValuesProps) {
  if (values.length === 0) return <span className="muted">none</span>;
  return (
    <ul className="plain">
      {values.map((one, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the members of a signed list never change places
        <li key={place}>
          <Value value={one} of={of} names={names} />
        </li>
      ))}
    </ul>
  );
}
