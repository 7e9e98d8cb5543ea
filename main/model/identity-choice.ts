/** Returns the identities that a setting of `ACCOUNT=IDENTITY` texts chooses, by account. The last one counts. */
export function choicesIn(texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=');
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Returns the setting with another choice for an account; undefined removes it. */
export function withChoice(
  texts: readonly string[],
  account: string,
  identity: string | undefined,
): string[] {
  const others = texts.filter((text) => !text.startsWith(`${account}=`));
  return identity === undefined ? others : [...others, `${account}=${identity}`];
}
