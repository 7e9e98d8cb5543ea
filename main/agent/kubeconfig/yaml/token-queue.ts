import type { Token } from './token.ts';

/** Tokens that are scanned and not yet parsed. Each has a number, counted from the start of the text. */
export class TokenQueue {
  #tokens: Token[] = [];
  #head = 0;
  /** The number of the next token to parse. */
  #parsed = 0;

  get first(): Token | undefined {
    return this.#tokens[this.#head];
  }

  get firstNumber(): number {
    return this.#parsed;
  }

  /** The number that the next token gets. */
  get nextNumber(): number {
    return this.#parsed + this.#tokens.length - this.#head;
  }

  push(token: Token): void {
    this.#tokens.push(token);
  }

  /** Inserts a token before the one of that number, or at the end if that one is parsed already, as libyaml does. */
  insert(token: Token, number: number): void {
    const index = number - this.#parsed;
    if (index < 0) this.#tokens.push(token);
    else this.#tokens.splice(this.#head + index, 0, token);
  }

  shift(): void {
    this.#head += 1;
    this.#parsed += 1;
    if (this.#head < this.#tokens.length) return;
    this.#tokens = [];
    this.#head = 0;
  }
}
