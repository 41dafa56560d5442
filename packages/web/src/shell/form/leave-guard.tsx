// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';

interface LeaveGuardProps {
  /** Something was written and not signed. */
  readonly isDirty: boolean;
  readonly isKept: boolean;
}

/** Asks before a page with unsigned words is left. */
export function LeaveGuard({ isDirty, isKept }: LeaveGuardProps) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => isDirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => isDirty && !isKept,
    withResolver: true,
  });
  const isAsking = blocker.status === 'blocked';
  return (
    <Modal
      opened={isAsking}
      onClose={() => blocker.reset?.()}
      title="Leave without signing?"
      closeButtonProps={{ 'aria-label': 'stay on this page' }}
      centered
      // Locking it would write a style element without the answer's nonce, which our content security policy refuses.
      lockScroll={false}
    >
      <p style={{ marginTop: 0 }}>
        {isKept
          ? 'What you wrote is kept in this browser and is here when you come back. Nothing is signed.'
          : 'This browser had no room to keep what you wrote: it is lost when you leave.'}
      </p>
      <div className="row">
        <Button data-autofocus onClick={() => blocker.reset?.()}>
          Stay
        </Button>
        <Button variant="default" onClick={() => blocker.proceed?.()}>
          Leave
        </Button>
      </div>
    </Modal>
  );
}
