// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

const SHORT = 12;

export interface DigestProps {
  readonly value: string;
  /** What it is the digest of, for those who hear the button. */
  readonly of: string;
  readonly isWhole?: boolean;
}

/** A digest, in short unless it is to be compared; the whole is what is copied. */
export function Digest({ value, of, isWhole = false }: DigestProps) {
  const isShort = !isWhole && value.length > SHORT;
  return (
    <span className="digest">
      <code title={isShort ? value : undefined} data-short={isShort}>
        {isShort ? value.slice(0, SHORT) : value}
      </code>
      <CopyButton value={value}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            size={24}
            onClick={copy}
            aria-label={copied ? `copied ${of}` : `copy ${of}`}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
