import { YamlFault } from './token.ts';

/** A position in the text. */
interface Position {
  readonly at: number;
  readonly line: number;
  readonly column: number;
}

/** Where an implicit key may begin: a token before which `key` is inserted if a colon follows. */
interface SimpleKey extends Position {
  isPossible: boolean;
  readonly isRequired: boolean;
  readonly tokenNumber: number;
}

/** The longest implicit key: libyaml looks no further for its colon. */
const longest = 1024;

/** The implicit keys that are still possible, one for each level of flow collections, as libyaml remembers them. */
export class SimpleKeys {
  readonly #stack: SimpleKey[] = [none(0)];
  readonly #byToken = new Map<number, SimpleKey>();

  /** Returns true if a key may begin at that token, so that it must wait for what follows. */
  mayBeginAt(tokenNumber: number, line: number, at: number): boolean {
    const key = this.#byToken.get(tokenNumber);
    return key !== undefined && isValid(key, line, at);
  }

  save(tokenNumber: number, here: Position, isRequired: boolean): void {
    this.remove();
    const key: SimpleKey = { ...here, isPossible: true, isRequired, tokenNumber };
    this.#stack[this.#stack.length - 1] = key;
    this.#byToken.set(tokenNumber, key);
  }

  remove(): void {
    const key = this.#stack.at(-1);
    if (key?.isPossible !== true) return;
    if (key.isRequired) throw missingColon(key);
    this.#forget(key);
  }

  /** Returns the key that a colon here belongs to, which is none any more. */
  take(line: number, at: number): SimpleKey | undefined {
    const key = this.#stack.at(-1);
    if (key === undefined || !isValid(key, line, at)) return undefined;
    this.#forget(key);
    return key;
  }

  openFlow(tokenNumber: number): void {
    this.#stack.push(none(tokenNumber));
  }

  closeFlow(): void {
    const last = this.#stack.pop();
    if (last !== undefined) this.#byToken.delete(last.tokenNumber);
  }

  #forget(key: SimpleKey): void {
    key.isPossible = false;
    this.#byToken.delete(key.tokenNumber);
  }
}

function isValid(key: SimpleKey, line: number, at: number): boolean {
  if (!key.isPossible) return false;
  if (key.line === line && key.at + longest >= at) return true;
  if (key.isRequired) throw missingColon(key);
  key.isPossible = false;
  return false;
}

function missingColon({ at }: Position): YamlFault {
  return new YamlFault(at, 'a line is neither a key nor a value: a colon is missing');
}

function none(tokenNumber: number): SimpleKey {
  return { isPossible: false, isRequired: false, tokenNumber, at: 0, line: 0, column: 0 };
}
