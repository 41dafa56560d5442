// SPDX-License-Identifier: Apache-2.0
import type { EnrolmentRequest } from '@countersign/contract';
import { ROLES } from '@countersign/kernel';
import { Button, MultiSelect, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Facts } from '../../shell/facts.tsx';
import { readRequest } from './kept-request.ts';
import { ReplacedKey } from './replaced-key.tsx';
import type { Proposal } from './sign-proposal.ts';

const EMPTY = { text: '', roles: [] as readonly string[], team: '', proofing: '', replaces: '' };

export interface ProposalFormProps {
  /** Digest of the founding record that a request must be made for. */
  readonly root: string;
  readonly isPending: boolean;
  readonly onPropose: (proposal: Proposal) => void;
}

export function ProposalForm({ root, isPending, onPropose }: ProposalFormProps) {
  const [given, setGiven] = useState(EMPTY);
  const set = (change: Partial<typeof EMPTY>) => setGiven((before) => ({ ...before, ...change }));
  const request = given.text.trim() === '' ? undefined : readRequest(given.text);
  const error = requestError(given.text, request, root);
  const proposal = error === undefined ? proposalOf(given, request) : undefined;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (proposal !== undefined) onPropose(proposal);
      }}
    >
      <Textarea
        label="Enrolment request"
        description="The file that the new holder handed you: paste its text."
        autosize
        minRows={2}
        maxRows={8}
        value={given.text}
        onChange={(event) => set({ text: event.currentTarget.value, replaces: '' })}
        error={error}
      />
      {request === undefined || error !== undefined ? null : <Requested request={request} />}
      <MultiSelect
        searchable
        label="Roles"
        description="What its signatures will count as; somebody who holds each of them has to confirm."
        data={ROLES.filter((role) => role !== 'external-validator')}
        value={[...given.roles]}
        onChange={(roles) => set({ roles })}
      />
      <ReplacedKey
        account={request?.account}
        value={given.replaces}
        onChange={(replaces) => set({ replaces })}
      />
      <TextInput
        label="Team"
        description="For the separation of duties; may be left out."
        value={given.team}
        onChange={(event) => set({ team: event.currentTarget.value })}
      />
      <Textarea
        label="How the person was identified"
        description="Stands in the record, for instance: met in person, passport seen, key id read aloud."
        autosize
        minRows={2}
        value={given.proofing}
        onChange={(event) => set({ proofing: event.currentTarget.value })}
      />
      <div>
        <Button type="submit" disabled={proposal === undefined} loading={isPending}>
          Sign the proposal
        </Button>
      </div>
    </form>
  );
}

function Requested({ request }: { readonly request: EnrolmentRequest }) {
  return (
    <Facts
      facts={[
        ['Account', request.account],
        [
          'Key',
          <code key="k" className="small">
            {request.key.keyid}
          </code>,
        ],
        ['Kind', request.key.webauthn === undefined ? 'key file' : 'passkey'],
      ]}
    />
  );
}

function proposalOf(
  given: typeof EMPTY,
  request: EnrolmentRequest | undefined,
): Proposal | undefined {
  const roles = ROLES.filter((role) => given.roles.includes(role));
  const proofing = given.proofing.trim();
  if (request === undefined || roles.length === 0 || proofing === '') return undefined;
  return { request, roles, team: given.team.trim(), proofing, replaces: given.replaces };
}

function requestError(
  text: string,
  request: EnrolmentRequest | undefined,
  root: string,
): string | undefined {
  if (text.trim() === '') return undefined;
  if (request === undefined) return 'This is no enrolment request: paste the whole file.';
  return request.founding === root ? undefined : 'It was made for another firm’s founding record.';
}
