// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ServerError } from '../errors.ts';
import { type FontFile, readFontFile, withFamilyName } from './font-file.ts';

/**
 * The typefaces of every document, all under the SIL Open Font Licence 1.1, from packages that carry
 * the TrueType files. Families get names of our own in memory, so that a typeface of the same name
 * on the rendering machine can never be taken instead and change the bytes of a document.
 */
export const FONT_FAMILIES = {
  serif: 'Countersign Serif',
  sans: 'Countersign Sans',
  mono: 'Countersign Mono',
  fallback: [
    'Countersign Fallback',
    'Countersign Mathematics',
    'Countersign Hebrew',
    'Countersign Arabic',
    'Countersign Emoji',
  ],
} as const;

interface FontSource {
  readonly family: string;
  readonly package: string;
  readonly faces: readonly string[];
}

const SOURCES: readonly FontSource[] = [
  {
    family: FONT_FAMILIES.serif,
    package: 'source-serif-4',
    faces: ['400Regular', '400Regular_Italic', '600SemiBold', '600SemiBold_Italic'],
  },
  {
    family: FONT_FAMILIES.sans,
    package: 'source-sans-3',
    faces: ['400Regular', '400Regular_Italic', '600SemiBold', '600SemiBold_Italic'],
  },
  { family: FONT_FAMILIES.mono, package: 'noto-sans-mono', faces: ['400Regular'] },
  {
    family: FONT_FAMILIES.fallback[0],
    package: 'noto-sans',
    faces: ['400Regular', '600SemiBold'],
  },
  { family: FONT_FAMILIES.fallback[1], package: 'noto-sans-math', faces: ['400Regular'] },
  { family: FONT_FAMILIES.fallback[2], package: 'noto-sans-hebrew', faces: ['400Regular'] },
  { family: FONT_FAMILIES.fallback[3], package: 'noto-sans-arabic', faces: ['400Regular'] },
  { family: FONT_FAMILIES.fallback[4], package: 'noto-emoji', faces: ['400Regular'] },
];

export interface FontSet {
  /** Font programs as handed to the typesetter, families renamed. */
  readonly blobs: readonly Buffer[];
  /** True when some bundled typeface has a glyph for the code point. */
  readonly covers: (codePoint: number) => boolean;
  /** True when the sans face itself has it: charts are set in that face alone. */
  readonly sansCovers: (codePoint: number) => boolean;
  /** Width of a text in the sans face at a size, in the unit of the size. */
  readonly sansWidth: (text: string, size: number) => number;
}

let loaded: FontSet | undefined;

/**
 * The bundled typefaces, read once per process (4 MB).
 * @throws ServerError `font_missing` naming the file
 */
export function bundledFonts(): FontSet {
  loaded ??= loadFonts();
  return loaded;
}

function loadFonts(): FontSet {
  const faces = SOURCES.flatMap((source) =>
    source.faces.map((face) => ({ source, face, file: readFace(source, face) })),
  );
  // A fallback family is asked for every code point the main face lacks, so the regular face of
  // any family answers; of the three main families only what all three have is certain.
  const regular = (family: string) => {
    const found = faces.find(
      ({ source, face }) => source.family === family && face === '400Regular',
    );
    if (found === undefined) throw new ServerError('font_missing', `no face of \`${family}\``);
    return found.file;
  };
  const main = [FONT_FAMILIES.serif, FONT_FAMILIES.sans, FONT_FAMILIES.mono].map(regular);
  const fallback = FONT_FAMILIES.fallback.map(regular);
  const sans = regular(FONT_FAMILIES.sans);
  return {
    blobs: faces.map(({ source, file }) => withFamilyName(file, source.family)),
    covers: (code) =>
      fallback.some((file) => file.glyphOf(code) > 0) ||
      main.every((file) => file.glyphOf(code) > 0),
    sansCovers: (code) => sans.glyphOf(code) > 0,
    sansWidth: (text, size) => {
      const units = [...text].reduce((sum, char) => sum + advance(sans, char), 0);
      return (units / sans.unitsPerEm) * size;
    },
  };
}

function advance(font: FontFile, char: string): number {
  return font.advanceOf(font.glyphOf(char.codePointAt(0) ?? 0));
}

function readFace(source: FontSource, face: string): FontFile {
  const name = familyPart(source.package);
  const specifier = `@expo-google-fonts/${source.package}/${face}/${name}_${face}.ttf`;
  try {
    return readFontFile(readFileSync(createRequire(import.meta.url).resolve(specifier)));
  } catch (cause) {
    const message = `cannot read font \`${specifier}\`; run \`npm ci\` again`;
    throw new ServerError('font_missing', message, { details: { font: specifier }, cause });
  }
}

// 'source-sans-3' is packaged as SourceSans3.
function familyPart(packageName: string): string {
  return packageName
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
}
