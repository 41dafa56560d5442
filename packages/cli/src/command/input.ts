// SPDX-License-Identifier: Apache-2.0
import { usage } from '../errors.ts';

const PORT_MAX = 65_535;

/** What was typed after a command's name, by the names of its arguments and options. */
export class Input {
  readonly #arguments: Readonly<Record<string, unknown>>;
  readonly #options: Readonly<Record<string, unknown>>;

  constructor(
    given: Readonly<Record<string, unknown>>,
    options: Readonly<Record<string, unknown>>,
  ) {
    this.#arguments = given;
    this.#options = options;
  }

  argument(name: string): string {
    const value = this.optionalArgument(name);
    if (value === undefined) throw usage(`\`${name}\` is missing`);
    return value;
  }

  optionalArgument(name: string): string | undefined {
    const value = this.#arguments[name];
    return typeof value === 'string' ? value : undefined;
  }

  argumentList(name: string): readonly string[] {
    return texts(this.#arguments[name]);
  }

  /** @param name as in the flags, without the dashes: `out`, `passphrase-file` */
  text(name: string): string {
    const value = this.optionalText(name);
    if (value === undefined) throw usage(`\`--${name}\` is missing`);
    return value;
  }

  optionalText(name: string): string | undefined {
    const value = this.#options[camelCase(name)];
    return typeof value === 'string' ? value : undefined;
  }

  flag(name: string): boolean {
    return this.#options[camelCase(name)] === true;
  }

  /** For `--no-NAME`: false when it was given. */
  unlessNo(name: string): boolean {
    return this.#options[camelCase(name)] !== false;
  }

  list(name: string): readonly string[] {
    return texts(this.#options[camelCase(name)]);
  }

  count(name: string): number | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    if (!/^\d{1,9}$/.test(text))
      throw usage(`\`--${name}\` must be a whole number, not \`${text}\``);
    if (/(^|-)port$/.test(name) && Number(text) > PORT_MAX)
      throw usage(`\`--${name}\` must be ${PORT_MAX} at the most, not \`${text}\``);
    return Number(text);
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
