import type { Organisation } from '../../../model/organisation.ts';

/**
 * Returns the rule for VAULT_SKIP_VERIFY: it counts, with a warning for each server, unless the organisation forbids
 * it.
 */
export function skipVerifyRule(
  organisation: () => Organisation | undefined,
  warn: (message: string) => void,
): (address: URL) => boolean {
  const warned = new Set<string>();
  const once = (message: string) => {
    if (!warned.has(message)) warn(message);
    warned.add(message);
  };
  return ({ host }) => {
    const current = organisation();
    if (current?.sources?.vault?.skipVerify === false) {
      once(
        `${current.name} does not allow VAULT_SKIP_VERIFY: the certificate of ${host} is checked. Unset it, and point VAULT_CACERT at the PEM file of its certificate authority.`,
      );
      return false;
    }
    once(
      `VAULT_SKIP_VERIFY is set: the certificate of ${host} is not checked, so others in your network can read your Vault token. Unset it, and point VAULT_CACERT at the PEM file of its certificate authority.`,
    );
    return true;
  };
}
