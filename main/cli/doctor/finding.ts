import { z } from 'zod';
import { shownText } from '../../redaction/shown-text.ts';

/** The parts of the report, in its order, with their titles. */
export const areas = {
  agent: 'Agent',
  clients: 'Clients',
  environment: 'Environment',
  kubeconfig: 'Kubeconfig',
  network: 'Network',
  sessions: 'Sessions',
} as const;
type Area = keyof typeof areas;

export const severities = ['error', 'warning', 'info'] as const;
type Severity = (typeof severities)[number];

/** All codes of findings. Scripts rely on them, and docs/troubleshooting.md has a section for each. */
export const findingKinds = {
  'agent-not-running': ['agent', 'info'],
  'agent-unreachable': ['agent', 'error'],
  'agent-version': ['agent', 'warning'],
  'plugin-version': ['agent', 'warning'],
  'release-required': ['agent', 'warning'],
  'organisation-pending': ['agent', 'warning'],
  'organisation-refused': ['agent', 'warning'],
  'own-file-open': ['agent', 'warning'],
  'own-file-foreign': ['agent', 'error'],
  'own-file-invalid': ['agent', 'warning'],
  'check-failed': ['agent', 'warning'],
  'probe-timeout': ['agent', 'warning'],
  'client-unserved': ['clients', 'warning'],
  'client-untested': ['clients', 'info'],
  'client-silent': ['clients', 'info'],
  'project-unread': ['clients', 'info'],
  'proxy-invalid': ['environment', 'error'],
  'proxy-takes-loopback': ['environment', 'warning'],
  'no-proxy-bypass': ['environment', 'warning'],
  'network-differs': ['environment', 'warning'],
  'kubeconfig-unusable': ['kubeconfig', 'error'],
  'kubeconfig-list': ['kubeconfig', 'info'],
  'kubeconfig-dangling-link': ['kubeconfig', 'warning'],
  'kubeconfig-open': ['kubeconfig', 'warning'],
  'kubeconfig-second-document': ['kubeconfig', 'warning'],
  'kubeconfig-hidden-name': ['kubeconfig', 'warning'],
  'kubeconfig-lost-context': ['kubeconfig', 'warning'],
  'kubeconfig-other-agent': ['kubeconfig', 'info'],
  'kubeconfig-elsewhere': ['kubeconfig', 'info'],
  'lock-abandoned': ['kubeconfig', 'error'],
  'lock-left': ['kubeconfig', 'warning'],
  'entry-changed': ['kubeconfig', 'error'],
  'entry-deleted': ['kubeconfig', 'warning'],
  'entry-plugin-missing': ['kubeconfig', 'error'],
  'clock-skew': ['network', 'error'],
  'dns-failed': ['network', 'error'],
  'host-unreachable': ['network', 'error'],
  'authorities-unusable': ['network', 'warning'],
  'port-taken': ['network', 'error'],
  'port-closed': ['network', 'error'],
  'session-ended': ['sessions', 'warning'],
  'session-missing': ['sessions', 'warning'],
  'sessions-unread': ['sessions', 'warning'],
  'sessions-unsealed': ['sessions', 'info'],
} as const satisfies Readonly<Record<string, readonly [Area, Severity]>>;
export type FindingCode = keyof typeof findingKinds;

export const findingSchema = z.object({
  code: z.enum(Object.keys(findingKinds) as [FindingCode, ...FindingCode[]]),
  severity: z.enum(severities),
  /** The file, program, host, port or session that it is about. */
  subject: z.string(),
  reason: z.string(),
  /** A command, or a sentence. */
  fix: z.string(),
  /** True if `--fix` fixes it. */
  isFixable: z.boolean(),
});

/** The action of `--fix`. */
export type Remedy =
  | { readonly kind: 'chmod'; readonly file: string; readonly mode: number }
  /** A lock of ours whose process has ended. */
  | { readonly kind: 'unlock'; readonly lock: string }
  /** The agent writes its entries again. */
  | { readonly kind: 'repair'; readonly cluster: string };

export interface Finding extends Readonly<z.infer<typeof findingSchema>> {
  readonly remedy?: Remedy | undefined;
}

/** Creates a finding. Removes secrets from its texts, which may repeat another program's output. */
export function finding(
  code: FindingCode,
  { subject, reason, fix, remedy }: Pick<Finding, 'subject' | 'reason' | 'fix' | 'remedy'>,
): Finding {
  const [, severity] = findingKinds[code];
  return {
    code,
    severity,
    subject: shownText(subject),
    reason: shownText(reason),
    fix: shownText(fix),
    isFixable: remedy !== undefined,
    ...(remedy === undefined ? {} : { remedy }),
  };
}

export function areaOf({ code }: Pick<Finding, 'code'>): Area {
  return findingKinds[code][0];
}
