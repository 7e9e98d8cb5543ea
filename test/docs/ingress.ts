import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { parse } from 'yaml';
import { z } from 'zod';
import { realCloudflared } from '../world/cloudflared/real.ts';

/** What we use of cloudflared's configuration (`config/configuration.go`, `ingress/ingress.go`). */
const originRequest = z.strictObject({
  caPool: z.string().startsWith('/').optional(),
  ipRules: z
    .array(
      z.strictObject({
        prefix: z.cidrv4().or(z.cidrv6()),
        ports: z.array(z.int().min(1).max(65_535)),
        allow: z.boolean(),
      }),
    )
    .optional(),
});
const rule = z
  .strictObject({
    hostname: z.hostname().optional(),
    service: z.string().regex(/^(tcp:\/\/[\w.-]+:\d+|https:\/\/[\w.-]+|socks-proxy|http_status:404)$/),
    originRequest: originRequest.optional(),
  })
  .refine(
    // `ingress.go` makes a policy that denies what no rule allows.
    ({ service, originRequest: how }) =>
      service !== 'socks-proxy' || how?.ipRules?.some(({ allow }) => allow) === true,
    'a socks-proxy without a rule that allows refuses every address',
  );
const configuration = z.strictObject({
  // A name will do where the credentials say which one it is (`findID` of `tunnel/subcommand_context.go`).
  tunnel: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .optional(),
  'credentials-file': z.string().startsWith('/').optional(),
  metrics: z.string().endsWith(':2000').optional(),
  ingress: z
    .array(rule)
    .min(2)
    .refine((rules) => rules.at(-1)?.hostname === undefined, 'the last rule must take every host name'),
});

/** What is wrong with a configuration of cloudflared; the real one is asked too where there is one. */
export async function wrongIngress(text: string): Promise<readonly string[]> {
  const result = configuration.safeParse(parse(text));
  const own = result.success
    ? []
    : result.error.issues.map(({ path: at, message }) => `${at.join('.')}: ${message}`);
  const program = realCloudflared();
  if (program === undefined) return own;
  const folder = await mkdtemp(path.join(tmpdir(), 'ingress-'));
  const file = path.join(folder, 'config.yaml');
  await writeFile(file, text);
  const { exitCode, stderr } = await execa(program, ['tunnel', '--config', file, 'ingress', 'validate'], {
    reject: false,
  });
  await rm(folder, { recursive: true });
  return exitCode === 0 ? own : [...own, stderr];
}
