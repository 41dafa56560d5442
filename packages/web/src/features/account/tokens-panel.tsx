// SPDX-License-Identifier: Apache-2.0
import { type TokenReply, type TokensReply, tokenRoutes } from '@countersign/contract';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { Digest } from '../../shell/digest.tsx';
import { Panel } from '../../shell/panel.tsx';
import { Empty, Loading, Problem } from '../../shell/states.tsx';
import { Time } from '../../shell/time.tsx';
import { NewTokenForm } from './new-token-form.tsx';

type Token = TokensReply['tokens'][number];

export function TokensPanel() {
  const client = useQueryClient();
  const [made, setMade] = useState<TokenReply>();
  const { data, error } = useQuery({
    queryKey: ['tokens'],
    queryFn: ({ signal }) => call(tokenRoutes.list, { signal }),
  });
  const refresh = () => client.invalidateQueries({ queryKey: ['tokens'] });
  const revoke = useMutation({
    mutationFn: (id: string) => call(tokenRoutes.revoke, { params: { id } }),
    onSettled: refresh,
  });
  return (
    <Panel title="API tokens">
      <p className="muted" style={{ marginTop: 0 }}>
        For pipelines and services. A token signs nothing and makes no other token.
      </p>
      {error === null ? null : <Problem error={error} />}
      {revoke.error === null ? null : <Problem error={revoke.error} />}
      {made === undefined ? null : <Made token={made} />}
      {data === undefined && error === null ? <Loading what="Reading your tokens…" /> : null}
      {data?.tokens.length === 0 ? <Empty title="No token of yours is open" /> : null}
      {data === undefined || data.tokens.length === 0 ? null : (
        <ul className="rows">
          {data.tokens.map((one) => (
            <li key={one.id}>
              <TokenLine
                one={one}
                isPending={revoke.isPending}
                onRevoke={() => revoke.mutate(one.id)}
              />
            </li>
          ))}
        </ul>
      )}
      <NewTokenForm
        onMade={(token) => {
          setMade(token);
          void refresh();
        }}
      />
    </Panel>
  );
}

function Made({ token }: { readonly token: TokenReply }) {
  return (
    <div className="panel" data-tone="pass" role="status">
      <p style={{ marginTop: 0 }}>
        <strong>{token.name}</strong>: copy it now, it is not shown again.
      </p>
      <Digest value={token.token} of="the new token" isWhole />
    </div>
  );
}

interface TokenLineProps {
  readonly one: Token;
  readonly isPending: boolean;
  readonly onRevoke: () => void;
}

function TokenLine({ one, isPending, onRevoke }: TokenLineProps) {
  return (
    <div className="row" style={{ justifyContent: 'space-between' }}>
      <div style={{ minWidth: 0, flex: '1 1 260px' }}>
        <strong>{one.name}</strong> <code className="small">{one.start}…</code>
        <div className="small">may {one.scopes.join(', ')}</div>
        <div className="small muted">
          made <Time at={one.createdAt} />,{' '}
          {one.lastUsedAt === null ? (
            'never used'
          ) : (
            <>
              last used <Time at={one.lastUsedAt} />
            </>
          )}
          ,{' '}
          {one.expiresAt === null ? (
            'without an end'
          ) : (
            <>
              ends <Time at={one.expiresAt} />
            </>
          )}
        </div>
      </div>
      <Button
        variant="default"
        size="compact-md"
        disabled={isPending}
        onClick={onRevoke}
        aria-label={`revoke the token ${one.name}`}
      >
        Revoke
      </Button>
    </div>
  );
}
