// SPDX-License-Identifier: Apache-2.0
import { Button, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { AsOfParameter } from '../api/as-of.ts';

interface AsOfProps {
  readonly asOf: AsOfParameter;
  /** Whose page it is, for the way to who allowed it on that day. */
  readonly model: string;
}

/** Shows the page as it was known at the end of a day; the address says so, so that it can be handed on. */
export function AsOf({ asOf, model }: AsOfProps) {
  const navigate = useNavigate();
  const [day, setDay] = useState(typeof asOf === 'string' ? asOf.slice(0, 10) : '');
  const show = (next: string | undefined) =>
    void navigate({ to: '.', search: (now: object) => ({ ...now, 'as-of': next }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    show(day === '' ? undefined : day);
  };
  return (
    <form className="as-of" onSubmit={submit}>
      <TextInput
        type="date"
        label="As of the end of a day, UTC"
        size="sm"
        max={new Date().toISOString().slice(0, 10)}
        value={day}
        onChange={({ currentTarget }) => setDay(currentTarget.value)}
      />
      <Button type="submit" variant="default" size="sm">
        Show
      </Button>
      {asOf === undefined ? null : (
        <Button
          variant="subtle"
          size="sm"
          onClick={() => {
            setDay('');
            show(undefined);
          }}
        >
          Back to now
        </Button>
      )}
      <div className="small whole">
        <Link to="/as-of" search={{ model, ...(day === '' ? {} : { date: day }) }}>
          Who allowed it on a day
        </Link>
      </div>
    </form>
  );
}

/** Said above everything else: whoever follows a link must not take the past for the present. */
export function AsOfNotice({ asOf, position }: AsOfNoticeProps) {
  if (asOf === undefined || position === undefined) return null;
  return (
    <div className="panel" data-tone="wait">
      {typeof asOf === 'string' ? `As known at ${asOf}` : 'As known'}, at log position {position}.
      Later records are left out.
    </div>
  );
}

interface AsOfNoticeProps {
  readonly asOf: AsOfParameter;
  readonly position: number | undefined;
}
