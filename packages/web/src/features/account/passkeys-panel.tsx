// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import { Button, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { call } from '../../api/client.ts';
import { addSignInPasskey } from '../../api/sign-in-passkey.ts';
import { Panel } from '../../shell/panel.tsx';
import { Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';

/** What is shown of better-auth's own answer. */
const Passkeys = z.array(
  z.looseObject({ id: z.string(), name: z.string().nullish(), createdAt: z.string().nullish() }),
);

/** Passkeys for signing in: other credentials than those that sign records. */
export function PasskeysPanel() {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const { data, error } = useQuery({
    queryKey: ['passkeys'],
    queryFn: async ({ signal }) => Passkeys.parse(await call(signInRoutes.passkeys, { signal })),
  });
  const change = useMutation({
    mutationFn: (act: () => Promise<unknown>) => act(),
    onSuccess: () => setName(''),
    onSettled: () => client.invalidateQueries({ queryKey: ['passkeys'] }),
  });
  return (
    <Panel title="Passkeys for signing in">
      <p className="muted" style={{ marginTop: 0 }}>
        They open a session and sign no record.
      </p>
      {error === null ? null : <Problem error={error} />}
      {change.error === null ? null : <Problem error={change.error} />}
      {data === undefined && error === null ? <Loading what="Reading your passkeys…" /> : null}
      {data === undefined || data.length === 0 ? null : (
        <ul className="rows">
          {data.map((one) => (
            <li key={one.id}>
              <div className="row" style={{ justifyContent: 'space-between' }}>
                <div>
                  <strong>{one.name ?? 'passkey'}</strong>
                  {one.createdAt == null ? null : (
                    <div className="small muted">
                      made <Time at={one.createdAt} />
                    </div>
                  )}
                </div>
                <Button
                  variant="default"
                  size="compact-md"
                  disabled={change.isPending}
                  onClick={() =>
                    change.mutate(() => call(signInRoutes.passkeyDelete, { body: { id: one.id } }))
                  }
                  aria-label={`remove the passkey ${one.name ?? ''}`}
                >
                  Remove
                </Button>
              </div>
            </li>
          ))}
        </ul>
      )}
      <form
        className="row"
        style={{ alignItems: 'flex-end', marginTop: 14 }}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate(() => addSignInPasskey(name.trim()));
        }}
      >
        <TextInput
          label="Name of a new one"
          placeholder="work laptop"
          maxLength={64}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={change.isPending}
          disabled={name.trim() === ''}
        >
          Add a passkey
        </Button>
      </form>
    </Panel>
  );
}
