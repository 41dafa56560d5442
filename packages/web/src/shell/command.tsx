// SPDX-License-Identifier: Apache-2.0
import { ActionIcon, CopyButton } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';

/** A command line to run elsewhere, with a button that copies it. */
export function Command({ text }: { readonly text: string }) {
  return (
    <span className="digest">
      <code className="wrap">{text}</code>
      <CopyButton value={text}>
        {({ copied, copy }) => (
          <ActionIcon
            variant="subtle"
            size={24}
            onClick={copy}
            aria-label={copied ? 'copied the command' : 'copy the command'}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </span>
  );
}
