// SPDX-License-Identifier: Apache-2.0
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

const FALLBACK = "ui-sans-serif, system-ui, 'Segoe UI', sans-serif";

/** The green of ledger paper's ink: for what can be acted on, and nothing else. */
const ink: MantineColorsTuple = [
  '#eef6f6',
  '#dcebeb',
  '#b5d5d6',
  '#8cbec0',
  '#69abad',
  '#4f9799',
  '#357c80',
  '#266569',
  '#1d4f54',
  '#123a3e',
];

/** Mantine's greys of the dark scheme, towards the same green. */
const dark: MantineColorsTuple = [
  '#e4e8e8',
  '#c3cccd',
  '#9ba8ab',
  '#84918f',
  '#3a4548',
  '#2b3437',
  '#222b2d',
  '#1b2224',
  '#14191b',
  '#0f1314',
];

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  colors: { ink, dark },
  fontFamily: `'Source Sans 3 Variable', ${FALLBACK}`,
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, monospace",
  headings: {
    fontFamily: `'Source Serif 4 Variable', Georgia, serif`,
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.75rem', lineHeight: '1.2' },
      h2: { fontSize: '1.2rem', lineHeight: '1.3' },
      h3: { fontSize: '1rem', lineHeight: '1.35' },
    },
  },
  defaultRadius: 'sm',
  respectReducedMotion: true,
  cursorType: 'pointer',
  // Below 16 pixels telephones zoom into a field that is touched.
  components: {
    TextInput: { defaultProps: { size: 'md' } },
    PasswordInput: { defaultProps: { size: 'md' } },
    Textarea: { defaultProps: { size: 'md' } },
    NumberInput: { defaultProps: { size: 'md' } },
    MultiSelect: { defaultProps: { size: 'md' } },
    Select: { defaultProps: { size: 'md' } },
    Button: { defaultProps: { size: 'md' } },
  },
});

/** Colours of verdicts and surfaces. Each text colour has 4.5:1 or more on every surface it is used on. */
export const themeVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#fbfaf7',
    '--mantine-color-text': '#1d2426',
    '--mantine-color-dimmed': '#566064',
    '--cs-surface': '#ffffff',
    '--cs-sunken': '#f3f1ec',
    '--cs-line': '#dedbd2',
    '--cs-pass': '#1f6b3f',
    '--cs-fail': '#a5281f',
    '--mantine-color-error': '#a5281f',
    '--cs-wait': '#7a5300',
    '--cs-pass-ground': '#eaf4ec',
    '--cs-fail-ground': '#fbecea',
    '--cs-wait-ground': '#fcf3dc',
  },
  dark: {
    '--mantine-color-body': '#14191b',
    '--mantine-color-text': '#e4e8e8',
    '--mantine-color-dimmed': '#9ba8ab',
    '--cs-surface': '#1b2224',
    '--cs-sunken': '#111617',
    '--cs-line': '#313b3e',
    '--cs-pass': '#7fcf9b',
    '--cs-fail': '#f19a90',
    '--mantine-color-error': '#f19a90',
    '--cs-wait': '#e3bd66',
    '--cs-pass-ground': '#16291f',
    '--cs-fail-ground': '#331c1a',
    '--cs-wait-ground': '#2e2613',
  },
});
