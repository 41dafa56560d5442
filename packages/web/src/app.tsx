// SPDX-License-Identifier: Apache-2.0
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { queryClient, router } from './router.tsx';
import { theme, themeVariables } from './shell/theme.ts';

/** The same key as public/color-scheme.js reads before the first paint. */
const colorSchemes = localStorageColorSchemeManager({ key: 'countersign.color-scheme' });

/** Browsers hide the attribute from selectors of style sheets and give the property to scripts. */
function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
}

export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={themeVariables}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="auto"
      getStyleNonce={styleNonce}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
