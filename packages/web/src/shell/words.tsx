// SPDX-License-Identifier: Apache-2.0
import { Fragment } from 'react';
import { sentence } from './sentence.ts';

/** A message of kernel or server: it begins like a sentence, and what stands in backticks is set as code. */
export function Words({ text }: { readonly text: string }) {
  const parts = sentence(text).split('`');
  // An odd number of parts is text with its backticks in pairs.
  if (parts.length % 2 === 0) return <>{sentence(text)}</>;
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change places
          <code key={index}>{part}</code>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <Fragment key={index}>{part}</Fragment>
        ),
      )}
    </>
  );
}
