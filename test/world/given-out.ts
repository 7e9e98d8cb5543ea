const known = new Map<string, string>();

/** Notes a secret that a world gives out, with a word of what it is, which the first says; answers the secret. */
export function givenOut(secret: string, what: string): string {
  if (!known.has(secret)) known.set(secret, what);
  return secret;
}

/** Every secret that the worlds of this process have given out so far, and what each is. */
export function secretsGivenOut(): ReadonlyMap<string, string> {
  return known;
}
