import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClientForm, ClientKind } from '../../main/model/clients/client-kind.ts';
import { clientKinds } from '../../main/model/clients/table.ts';
import type { HandedOver } from './handed-over.ts';
import type { Outcomes } from './outcome.ts';
import type { TestedClient } from './runs.ts';

const { tools, rig } = JSON.parse(
  readFileSync(process.env.K8S_TUNNELS_CLIENTS_RIG ?? '', 'utf8'),
) as HandedOver;
const isRequired = process.env.K8S_TUNNELS_CLIENTS === 'required';

/** Throws if the table has no such kind. */
export function kindOf(id: string): ClientKind {
  const kind = clientKinds.find((one) => one.id === id);
  if (kind === undefined) throw new Error(`the table has no ${id}`);
  return kind;
}

/** What is not here that a client needs; `isMeant` where it was left out on purpose. */
function missing({
  needs,
}: TestedClient): { readonly reason: string; readonly isMeant: boolean } | undefined {
  if (rig.status !== 'ready') return { reason: rig.reason, isMeant: false };
  const lacking = needs.flatMap((id) => {
    const tool = tools[id] ?? ({ status: 'missing', reason: 'not prepared' } as const);
    return tool.status === 'ready' ? [] : [{ id, ...tool }];
  });
  if (lacking.length === 0) return undefined;
  const reason = lacking.map(({ id, reason: why }) => `${id}: ${why}`).join('; ');
  return { reason, isMeant: lacking.every(({ status }) => status === 'left-out') };
}

/** Runs a client with the kubeconfig of a form, or with another one of the rig's, in a home of its own. */
export function through(
  client: TestedClient,
  form: ClientForm,
  kubeconfig: string = form,
): Promise<Outcomes> {
  if (rig.status !== 'ready') throw new Error(rig.reason);
  const home = mkdtempSync(path.join(rig.folder, 'home-'));
  const kubectl = tools.kubectl?.status === 'ready' ? path.dirname(tools.kubectl.path) : '';
  const env = {
    HOME: home,
    TMPDIR: home,
    KUBECONFIG: rig.kubeconfigs[kubeconfig] ?? '',
    // k9s runs the kubectl that it finds.
    PATH: [kubectl, process.env.PATH ?? ''].join(path.delimiter),
    LANG: 'C.UTF-8',
    ...(process.env.JAVA_HOME === undefined ? {} : { JAVA_HOME: process.env.JAVA_HOME }),
  };
  const tool = (id: string) => {
    const found = tools[id];
    if (found?.status !== 'ready') throw new Error(`${id} is not ready`);
    return found.path;
  };
  return client.run({ env, home, operations: kindOf(client.kind).operations, tool }, form);
}

/** Returns why a client is skipped, if it is. Throws where that is not allowed. */
export function skipReason(client: TestedClient): string | undefined {
  const lacking = missing(client);
  if (lacking !== undefined && isRequired && !lacking.isMeant) throw new Error(lacking.reason);
  return lacking?.reason;
}
