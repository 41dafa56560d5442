// SPDX-License-Identifier: Apache-2.0
import {
  approvalDraft,
  approvalMeaning,
  approvalSentence,
  type Decision,
  type OpenRole,
} from '@countersign/kernel';
import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useMe } from '../../api/me.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { type DraftedStatement, draftStatement } from '../../crypto/drafted-statement.ts';
import type { OwnKey, VerifiedChange } from '../../crypto/verified-change.ts';
import { Facts } from '../../shell/facts.tsx';
import { Mark } from '../../shell/mark.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Problem } from '../../shell/states.tsx';
import { Words } from '../../shell/words.tsx';
import { Confirmation } from './confirmation.tsx';

/** Text that stands in a record for ever; more belongs into a paper. */
const STATEMENT_LENGTH_MAX = 4000;

export interface CeremonyProps {
  readonly change: VerifiedChange;
  readonly role: OpenRole;
  readonly decision: Decision;
  readonly signer: OwnKey;
}

/** First the words, then the whole statement with its digest, then the authenticator. */
export function Ceremony(props: CeremonyProps) {
  const [drafted, setDrafted] = useState<DraftedStatement>();
  const [words, setWords] = useState(() =>
    approvalSentence(props.change.review, props.decision, props.role),
  );
  if (drafted === undefined) {
    return <Wording {...props} words={words} onWords={setWords} onDrafted={setDrafted} />;
  }
  return <Confirmation {...props} drafted={drafted} onBack={() => setDrafted(undefined)} />;
}

interface WordingProps extends CeremonyProps {
  readonly words: string;
  readonly onWords: (words: string) => void;
  readonly onDrafted: (drafted: DraftedStatement) => void;
}

function Wording({ change, role, decision, words, onWords, onDrafted }: WordingProps) {
  const me = useMe();
  const { trusted } = useTrustedRoot();
  const [error, setError] = useState<unknown>();
  const write = () => {
    const given = {
      decision,
      role,
      evidence: change.evidence.map(({ digest }) => digest),
      printedName: me.name,
      statement: words.trim(),
    };
    try {
      const by = { account: me.account, founding: trusted.root, now: new Date().toISOString() };
      onDrafted(draftStatement(approvalDraft(change.review, given), by));
    } catch (cause) {
      setError(cause);
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        write();
      }}
    >
      <Standing change={change} decision={decision} />
      <Panel title="Your words">
        <div className="stack">
          <Facts
            facts={[
              ['Printed name', me.name],
              ['Role', role.role],
              ['Meaning', approvalMeaning(decision, role)],
              ['Evidence', `${change.evidence.length} records, each named in what you sign`],
            ]}
          />
          <Textarea
            label="Statement"
            description="Signed as it stands. Say more where your judgement has a reason or a limit."
            required
            withAsterisk={false}
            autosize
            minRows={2}
            maxRows={12}
            maxLength={STATEMENT_LENGTH_MAX}
            value={words}
            onChange={(event) => onWords(event.currentTarget.value)}
          />
          {error === undefined ? null : <Problem error={error} />}
          <div className="row">
            <Button type="submit" disabled={words.trim() === ''}>
              Show what I sign
            </Button>
          </div>
        </div>
      </Panel>
    </form>
  );
}

/** The gate's state at the moment of deciding: what is missing is said before, not after. */
function Standing({ change, decision }: Pick<CeremonyProps, 'change' | 'decision'>) {
  const { conditions, missing } = change.review.verdict;
  const failing = conditions.filter(({ outcome }) => outcome !== 'pass');
  if (decision === 'reject') return null;
  return (
    <Panel title="As the gates stand now" tone={failing.length === 0 ? 'pass' : 'wait'}>
      {failing.length === 0 ? (
        <Mark
          tone="pass"
          text={
            conditions.length === 0
              ? 'Policy sets no automatic condition here'
              : `All ${conditions.length} automatic conditions hold`
          }
        />
      ) : (
        <>
          <Mark
            tone="wait"
            text={`${failing.length} of ${conditions.length} automatic conditions do not hold yet`}
          />
          <ul style={{ marginBottom: 0 }}>
            {failing.map(({ id, outcome, reasons }) => (
              <li key={id} className="wrap">
                <Words text={[`${id}: ${outcome}`, ...reasons].join('; ')} />
              </li>
            ))}
          </ul>
        </>
      )}
      {missing.length === 0 ? null : (
        <details className="small">
          <summary>Everything a warrant still needs ({missing.length})</summary>
          <ul>
            {missing.map((one) => (
              <li key={one}>
                <Words text={one} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </Panel>
  );
}
