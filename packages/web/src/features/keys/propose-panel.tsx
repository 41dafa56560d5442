// SPDX-License-Identifier: Apache-2.0
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useMe } from '../../api/me.ts';
import { useTrustedRoot } from '../../api/use-trusted-root.ts';
import { usableKey } from '../../crypto/usable-key.ts';
import { Panel } from '../../shell/panel.tsx';
import { Problem } from '../../shell/states.tsx';
import { ProposalForm } from './proposal-form.tsx';
import { type Proposal, signProposal } from './sign-proposal.ts';

/** For administrators: an enrolment from somebody's request, signed with the administrator's own passkey. */
export function ProposePanel() {
  const me = useMe();
  const { trusted } = useTrustedRoot();
  const client = useQueryClient();
  const key = usableKey(me, location.origin, 'administrator');
  const propose = useMutation({
    mutationFn: async (proposal: Proposal) => {
      if (key === undefined) throw new Error('no key of yours can sign this here');
      const { account, workspace } = me;
      await signProposal(proposal, { key, account, workspace, root: trusted.root });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['pending'] }),
  });
  if (!me.roles.includes('administrator')) return null;
  return (
    <Panel title="Propose an enrolment">
      {key === undefined ? (
        <p style={{ margin: 0 }}>
          None of your passkeys in force signs as administrator at this address. With your key file:{' '}
          <code className="wrap">countersign keys enrol ACCOUNT --role ROLE --request FILE</code>
        </p>
      ) : (
        <div className="stack">
          <ProposalForm
            key={propose.isSuccess ? propose.submittedAt : 0}
            root={trusted.root}
            isPending={propose.isPending}
            onPropose={(proposal) => propose.mutate(proposal)}
          />
          {propose.error === null ? null : <Problem error={propose.error} />}
          {propose.isSuccess ? (
            <div role="status">
              Proposed and signed by you. It is listed above until it has all signatures.
            </div>
          ) : null}
        </div>
      )}
    </Panel>
  );
}
