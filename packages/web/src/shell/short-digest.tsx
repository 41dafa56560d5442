// SPDX-License-Identifier: Apache-2.0
import { Page } from './page.tsx';
import { Empty } from './states.tsx';

interface ShortDigestProps {
  readonly title: string;
  readonly digest: string;
}

/** In the place of a page whose address holds no whole digest: pages print them in short, addresses take them whole. */
export function ShortDigest({ title, digest }: ShortDigestProps) {
  const isBeginning = /^[0-9a-f]{8,63}$/.test(digest);
  return (
    <Page title={title}>
      <Empty title="This address holds no whole digest">
        <p>
          An address takes all 64 characters. Follow a link here, or copy the digest whole with the
          button beside it.
          {isBeginning ? (
            <>
              {' '}
              The command line takes its beginning: <code>countersign show {digest}</code>.
            </>
          ) : null}
        </p>
      </Empty>
    </Page>
  );
}
