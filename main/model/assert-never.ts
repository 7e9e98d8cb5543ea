/** Makes a switch exhaustive: the compiler rejects a call with a value that can still occur. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`);
}
