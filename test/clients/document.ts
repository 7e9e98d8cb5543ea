import {
  type ClientForm,
  type ClientKind,
  type ClientVariableEffect,
  clientForms,
  clientLimits,
  type Served,
} from '../../main/model/clients/client-kind.ts';
import { clientKinds } from '../../main/model/clients/table.ts';
import { notRun, testedClients } from './runs.ts';

const titles: Readonly<Record<ClientForm, string>> = {
  socks5: '`socks5`',
  connect: '`connect`',
  tls: '`tls`',
};

/** The text of docs/clients.md: the table of clients, and what `npm run test:clients` runs of it. */
export function clientsDocument(): string {
  return `# Kubernetes clients

<!-- Written by \`node test/clients/write-document.ts\` from main/model/clients/table.ts and test/clients/runs.ts. -->

Which clients work with which form of a kubeconfig entry. \`socks5\` and \`connect\` name a proxy on a local port, with a
password; \`tls\` names a local TLS proxy as the server. The setting \`entryForm\` chooses the form for all contexts, the tag
\`k8s-tunnels-entry\` for one cluster.

${table(
  ['client', 'versions', ...clientForms.map((form) => titles[form]), 'sources'],
  clientKinds.map((kind) => [
    kind.name,
    kind.versions,
    ...clientForms.map((form) => servedText(kind.forms[form])),
    kind.sources.map((source, at) => `[${at + 1}](${source})`).join(' '),
  ]),
)}
${notes()}
## What each failure means

${table(
  ['cause', 'what the client does'],
  Object.entries(clientLimits).map(([limit, words]) => [`\`${limit}\``, `It ${words}.`]),
)}

## What the environment changes

- \`NO_PROXY\` names the API server: ${affected('around-proxy')} connect to it without the tunnel, though their entry has a
  proxy.
- \`HTTPS_PROXY\` is set, and \`NO_PROXY\` does not name 127.0.0.1: ${affected('proxied-loopback')}
  send the requests of a \`tls\` entry to the proxy.

\`k8s-tunnels doctor\` finds both, and the clients of a computer and of a project.

## What is tested

\`npm run test:clients\` runs these against a real kube-apiserver, with a kubelet that streams by SPDY and WebSocket, behind the
Access edge of the test world and the built product, for each form that the product has. A client that the table says
fails must fail for the cause that the table names.

${table(
  ['client', 'version', 'run by', 'operations'],
  testedClients.map((client) => {
    const kind = kindOf(client.kind);
    return [kind.name, client.version, `\`${client.by}\``, kind.operations.join(', ')];
  }),
)}

Helm 4, k9s, stern and Rust's kube run only where \`K8S_TUNNELS_CLIENTS_BUILD=all\` has built them, which takes minutes. Not
run at all:

${Object.entries(notRun)
  .map(([id, why]) => `- ${kindOf(id).name} ${kindOf(id).versions}: ${why}.`)
  .join('\n')}
`;
}

function affected(effect: ClientVariableEffect): string {
  const names = clientKinds.flatMap(({ name, versions, variables = [] }) =>
    variables.includes(effect) ? `${name} ${versions}` : [],
  );
  return new Intl.ListFormat('en-GB').format(names);
}

function kindOf(id: string): ClientKind {
  const kind = clientKinds.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`the table has no ${id}`);
  return kind;
}

function servedText(served: Served): string {
  if (served.status === 'all') return 'yes';
  const because = served.because.map((limit) => `\`${limit}\``).join(' or ');
  return served.status === 'none' ? `no: ${because}` : `not ${served.without.join(', ')}: ${because}`;
}

function notes(): string {
  const lines = clientKinds.flatMap(({ name, versions, note }) =>
    note === undefined ? [] : [`- ${name} ${versions}: ${note}`],
  );
  return lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
