import { z } from 'zod';
import { tokenBytes } from '../network/limits.ts';
import type { Network } from '../network/network.ts';
import { userAgent } from '../version.ts';

const identitySchema = z.object({
  devicePosture: z
    .record(
      z.string(),
      z.object({
        success: z.boolean().optional(),
        rule_name: z.string().optional(),
        description: z.string().optional(),
        type: z.string().optional(),
      }),
    )
    .nullish(),
});

/**
 * Returns the names of the device posture checks that the user's device fails now, from the team's
 * `/cdn-cgi/access/get-identity` (`devicePosture`: a map of rules, each with `success`, `rule_name`, `description` and
 * `type`). It is not a login. Empty if Access does not say. Rejects with network codes.
 */
export async function failingChecks(options: {
  readonly network: Network;
  readonly authDomain: string;
  readonly orgJwt: string;
}): Promise<readonly string[]> {
  const { network, authDomain, orgJwt } = options;
  const answer = await network.request(new URL(`https://${authDomain}/cdn-cgi/access/get-identity`), {
    headers: { 'user-agent': userAgent, cookie: `CF_Authorization=${orgJwt}` },
    timeoutMs: 7_000,
    maxBytes: tokenBytes,
  });
  if (answer.status !== 200) return [];
  const identity = identitySchema.safeParse(parsed(answer.body.toString('utf8')));
  if (!identity.success) return [];
  return Object.entries(identity.data.devicePosture ?? {})
    .filter(([, rule]) => rule.success === false)
    .map(([id, { rule_name, description, type }]) => named(description) ?? named(rule_name) ?? type ?? id);
}

function named(text: string | undefined): string | undefined {
  const name = text?.trim() ?? '';
  return name === '' ? undefined : name;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
