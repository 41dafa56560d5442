// SPDX-License-Identifier: Apache-2.0
import { TOKEN_SCOPES, type TokenReply, tokenRoutes } from '@countersign/contract';
import { Button, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { Problem } from '../../shell/states.tsx';

const DAYS_DEFAULT = 90;
const DAYS_MAX = 365;

export function NewTokenForm({ onMade }: { readonly onMade: (token: TokenReply) => void }) {
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState<number | string>(DAYS_DEFAULT);
  const make = useMutation({
    mutationFn: () =>
      call(tokenRoutes.create, {
        body: { name: name.trim(), scopes, expiresInDays: Number(days) },
      }),
    onSuccess: (token) => {
      setName('');
      setScopes([]);
      onMade(token);
    },
  });
  return (
    <form
      className="row"
      style={{ alignItems: 'flex-end', marginTop: 16 }}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      {make.error === null ? null : <Problem error={make.error} />}
      <TextInput
        label="Name"
        placeholder="nightly run"
        maxLength={32}
        style={{ flex: '1 1 160px' }}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <MultiSelect
        searchable
        label="May"
        placeholder={scopes.length === 0 ? 'choose at least one' : ''}
        data={[...TOKEN_SCOPES]}
        style={{ flex: '2 1 240px' }}
        value={scopes}
        onChange={setScopes}
      />
      <NumberInput
        label="Days"
        min={1}
        max={DAYS_MAX}
        allowDecimal={false}
        style={{ width: 90 }}
        value={days}
        onChange={setDays}
      />
      <Button
        type="submit"
        variant="default"
        loading={make.isPending}
        disabled={name.trim() === '' || scopes.length === 0}
      >
        Make a token
      </Button>
    </form>
  );
}
