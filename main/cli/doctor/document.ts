import { z } from 'zod';
import { snapshotSchema } from '../../model/agent-view.ts';
import { clientForms } from '../../model/clients/client-kind.ts';
import type { Facts } from './facts.ts';
import { type FindingCode, findingKinds, findingSchema } from './finding.ts';
import type { Report } from './lines.ts';

/** The document of `doctor --json`. */
export const doctorSchema = z.object({
  /** The version of the command line. */
  version: z.string(),
  /** The agent that runs. Null if none does, or it does not answer. */
  agent: z
    .object({
      version: z.string(),
      pid: z.number(),
      /** How sessions are stored: sealed with the keychain, in plain files without one, or without the desktop app. */
      signIns: snapshotSchema.shape.agent.shape.signIns,
    })
    .nullable(),
  clients: z.array(
    z.object({
      /** How it was found: a program, or a package of pypi, npm, maven, crates, go or galaxy. */
      registry: z.string(),
      name: z.string(),
      version: z.string().nullable(),
      where: z.string(),
      /** The entry form that it needs. */
      form: z.enum(clientForms as ['socks5', 'connect', 'tls']),
      why: z.string(),
      sources: z.array(z.string()),
    }),
  ),
  findings: z.array(findingSchema),
  /** The actions of `--fix`. */
  fixed: z.array(
    z.object({
      code: z.enum(Object.keys(findingKinds) as [FindingCode, ...FindingCode[]]),
      subject: z.string(),
      done: z.string(),
    }),
  ),
});

/** Returns the document of `doctor --json`. */
export function doctorDocument(
  { version, agent }: Pick<Facts, 'version' | 'agent'>,
  { clients, findings, fixed }: Report,
): z.infer<typeof doctorSchema> {
  return {
    version,
    agent:
      agent?.status === 'running'
        ? { version: agent.version, pid: agent.pid, signIns: agent.snapshot.agent.signIns }
        : null,
    clients: clients.map(({ version = null, sources, ...client }) => ({
      ...client,
      version,
      sources: [...sources],
    })),
    findings: findings.map(({ remedy: _, ...finding }) => finding),
    fixed: fixed.map((one) => ({ ...one })),
  };
}
