// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { Time } from '../../shell/time.tsx';

export function ModelLink({ model }: { readonly model: string }) {
  return (
    <Link to="/models/$model" params={{ model }} className="wrap">
      {model}
    </Link>
  );
}

/** The record behind an entry: opened by its digest, which can be copied whole. */
export function RecordCell({ digest, of }: { readonly digest: string; readonly of: string }) {
  return (
    <span className="record">
      <Link to="/records/$digest" params={{ digest }} className="mono" title={digest}>
        {digest.slice(0, 8)}
      </Link>
      <CopyButton value={digest}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            size={24}
            onClick={copy}
            aria-label={copied ? `copied the digest of ${of}` : `copy the digest of ${of}`}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}

/** A moment with what is left until it, as the server counts it. */
export function Until({ at, days }: { readonly at: string; readonly days?: number | undefined }) {
  return (
    <>
      <Time at={at} />
      {days === undefined ? null : (
        <div className="small muted">
          {days === 0 ? 'less than a day left' : `${days} day${days === 1 ? '' : 's'} left`}
        </div>
      )}
    </>
  );
}
