import { type ClientForm, type ClientKind, clientForms } from '../../../model/clients/client-kind.ts';
import { findKind, limitText, neededForm } from '../../../model/clients/find-kind.ts';
import { command } from '../../../model/command.ts';
import { listed } from '../../../model/wording.ts';
import type { Facts, FoundClient } from '../facts.ts';
import { type Finding, finding } from '../finding.ts';

/** A client, with the entry form that it needs and why. */
export interface ClientReport extends FoundClient {
  readonly form: ClientForm;
  /** A sentence without its subject. */
  readonly why: string;
  /** Where its makers describe or discuss it. Empty for a version that was not tested. */
  readonly sources: readonly string[];
}

/** Returns the clients that were found, each with the form that it needs. */
export function clientReports({
  programs,
  projects,
}: Pick<Facts, 'programs' | 'projects'>): readonly ClientReport[] {
  return [...(programs?.found ?? []), ...(projects?.found ?? [])].map(report);
}

function report(client: FoundClient): ClientReport {
  const kind = findKind(client);
  if (kind === undefined)
    return {
      ...client,
      form: 'tls',
      why: 'this version was not tested; tls serves every client that was',
      sources: [],
    };
  const form = neededForm(kind);
  return { ...client, form, why: whyText(kind, form), sources: kind.sources };
}

/** Says why the forms before the needed one do not serve it. */
function whyText(kind: ClientKind, form: ClientForm): string {
  const before = clientForms.slice(0, clientForms.indexOf(form));
  return limitsText(kind, before) ?? (isServedByAll(kind) ? 'works with every form' : `works with ${form}`);
}

function isServedByAll({ forms }: ClientKind): boolean {
  return clientForms.every((form) => forms[form].status === 'all');
}

/** Says what a client cannot do with these forms: `with socks5 and connect it ignores proxy-url`. */
function limitsText(kind: ClientKind, forms: readonly ClientForm[]): string | undefined {
  const byText = Map.groupBy(forms, (form) => limitText(kind.forms[form]));
  const texts = [...byText].flatMap(([text, those]) =>
    text === undefined ? [] : `with ${listed(those)} it ${text}`,
  );
  return texts.length === 0 ? undefined : listed(texts);
}

/** Returns the forms of the entries that the clients find: those of the contexts, else that of the next one. */
function formsInUse({ kubeconfig, agent }: Pick<Facts, 'kubeconfig' | 'agent'>): readonly ClientForm[] {
  const forms = new Set((kubeconfig?.entries ?? []).flatMap(({ form }) => form ?? []));
  if (forms.size > 0) return clientForms.filter((form) => forms.has(form));
  return [agent?.status === 'running' ? agent.snapshot.settings.entryForm : 'socks5'];
}

/** How a program gets a kubeconfig of its own: the word for `--for`. */
const programWords: Readonly<Partial<Record<FoundClient['registry'], string>>> = {
  pypi: 'python',
  npm: 'js',
  maven: 'java',
  crates: 'rust',
  galaxy: 'ansible',
};

/** Reports the clients that the present entries do not serve, and those about which nothing is known. */
export function checkClients(facts: Facts): readonly Finding[] {
  const forms = formsInUse(facts);
  const silent = facts.programs?.silent ?? [];
  const unread = facts.projects?.unread ?? [];
  return [
    ...clientReports(facts).flatMap((client) => checkClient(client, forms, facts)),
    ...silent.map(({ name, where, why }) =>
      why === 'too-long'
        ? finding('probe-timeout', {
            subject: name,
            reason: `${where} did not print its version in time, and was ended.`,
            fix: 'Run it in a terminal to see what it waits for.',
          })
        : finding('client-silent', {
            subject: name,
            reason: `${where} did not print its version, so it is taken for the newest.`,
            fix: 'Run it in a terminal to see why.',
          }),
    ),
    ...unread.map(({ file, reason }) =>
      finding('project-unread', {
        subject: file,
        reason: `Its clients are not known: ${reason}.`,
        fix: 'Check the file, or name the folder of one project.',
      }),
    ),
  ];
}

function checkClient(client: ClientReport, forms: readonly ClientForm[], facts: Facts): readonly Finding[] {
  const kind = findKind(client);
  const subject = clientName(client);
  const fix = fixFor(client, facts);
  if (kind === undefined)
    return forms.every((form) => form === 'tls')
      ? []
      : [
          finding('client-untested', {
            subject,
            reason: `It is not known whether this version works with ${listed(forms)} (${client.where}).`,
            fix: `If it does not reach a cluster, give it a context of the form tls: ${fix}`,
          }),
        ];
  const limits = limitsText(kind, forms);
  if (limits === undefined) return [];
  return [
    finding('client-unserved', {
      subject,
      reason: `It needs the entry form ${client.form}, because ${limits} (${client.where}; ${kind.sources[0] ?? ''}).`,
      fix,
    }),
  ];
}

/** Returns the command that serves the client: for one program alone where the form needs a running agent. */
function fixFor(client: ClientReport, { kubeconfig }: Facts): string {
  const { form, registry, name } = client;
  if (form !== 'tls') return command`k8s-tunnels settings entryForm ${form}`;
  const cluster = kubeconfig?.entries[0]?.name ?? 'CLUSTER';
  const word = name === 'ansible' ? 'ansible' : programWords[registry];
  return word === undefined
    ? 'k8s-tunnels settings entryForm tls'
    : command`k8s-tunnels kubeconfig ${cluster} --for ${word}`;
}

export function clientName({ name, version }: Pick<FoundClient, 'name' | 'version'>): string {
  return version === undefined ? name : `${name} ${version}`;
}
