/** Makes a switch complete: the compiler rejects a call for a value that can still occur. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
