// SPDX-License-Identifier: Apache-2.0
import { signInRoutes } from '@countersign/contract';
import { Button, PasswordInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../../api/client.ts';
import { Panel } from '../../shell/panel.tsx';
import { Problem } from '../../shell/states.tsx';

/** As the server asks for. */
const LENGTH_MIN = 12;

export function PasswordPanel() {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const change = useMutation({
    mutationFn: () =>
      call(signInRoutes.changePassword, {
        body: { currentPassword: current, newPassword: next, revokeOtherSessions: true },
      }),
    onSuccess: () => {
      setCurrent('');
      setNext('');
    },
  });
  return (
    <Panel title="Password">
      <form
        className="stack"
        style={{ gap: 14, maxWidth: 420 }}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        {change.error === null ? null : <Problem error={change.error} />}
        {change.isSuccess ? (
          <div role="status">Changed; your other sessions have ended.</div>
        ) : null}
        <PasswordInput
          label="Password now"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
        />
        <PasswordInput
          label="New password"
          description={`${LENGTH_MIN} characters or more`}
          autoComplete="new-password"
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        />
        <div>
          <Button
            type="submit"
            variant="default"
            loading={change.isPending}
            disabled={current === '' || next.length < LENGTH_MIN}
          >
            Change the password
          </Button>
        </div>
      </form>
    </Panel>
  );
}
