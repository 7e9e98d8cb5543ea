import type { Authority } from '../authority.ts';
import { type LoopbackAnswer, type LoopbackRequest, startLoopbackServer } from '../loopback-server.ts';
import type { Plan } from '../plan.ts';
import { repeatPage } from '../repeated-page.ts';
import type { Traffic } from '../traffic.ts';
import {
  type ArmCall,
  answerArm,
  authenticate,
  type KubeFacts,
  readArmCall,
  resourceManagerHost,
} from './arm.ts';
import { answerEntra, authorityHost, readEntraCall } from './entra.ts';
import { EntraPages } from './sign-in-pages.ts';
import { createEntraTokens, type EntraTokens } from './tokens.ts';

export interface AzureParts {
  /** Read at every request, so a getter lets clusters come and go. */
  readonly plan: Plan;
  readonly traffic: Traffic;
  readonly authority: Authority;
  readonly kubeFacts: KubeFacts;
}

export interface Azure {
  readonly port: number;
  /** The host names that it answers to, each at this port: Azure's own. */
  readonly hosts: ReadonlyMap<string, number>;
  readonly tokens: EntraTokens;
  close(): Promise<void>;
}

/**
 * Microsoft Entra's authority and Azure Resource Manager with Resource Graph, by their own host names over TLS. Counted
 * as service `entra` (`token`, `openid-configuration`, `discovery`, `authorize`, `devicecode`, `device`; scope the tenant) and `arm` (`tenants`,
 * `subscriptions`, `resources` for a query of Resource Graph, `managedClusters`, `listClusterUserCredential`; scope the
 * caller's tenant, with the subscription and cluster where the call names them, and `from N` for a later page).
 */
export async function startAzure(parts: AzureParts): Promise<Azure> {
  const { traffic, authority, kubeFacts } = parts;
  const tokens = await createEntraTokens();
  const pages = new EntraPages();

  const handle = async (request: LoopbackRequest): Promise<LoopbackAnswer> => {
    const { plan } = parts;
    if (request.headers.host === authorityHost) {
      const call = readEntraCall(request);
      const fault = await traffic.serve('entra', call.operation, 'tenant' in call ? call.tenant : '');
      return answerEntra({ call, request, fault, plan, tokens, pages });
    }
    const call = readArmCall(request);
    const caller = await authenticate(request, tokens);
    const scope = [
      'tenant' in caller ? caller.tenant : 'nobody',
      ...('subscription' in call ? [call.subscription] : []),
      ...('name' in call ? [call.name] : []),
      ...pageOf(call),
    ].join('/');
    const fault = await traffic.serve('arm', call.operation, scope);
    if (fault?.kind === 'drop') return { kind: 'drop' };
    if (!('tenant' in caller)) return caller;
    const answer = await answerArm({ call, request, fault, plan, caller, kubeFacts });
    const next = new URL(request.target, `https://${resourceManagerHost}`);
    next.searchParams.set('$skiptoken', '0');
    return repeatPage(
      answer,
      fault,
      call.operation === 'resources'
        ? { $skipToken: Buffer.from('0').toString('base64') }
        : { nextLink: next.href },
    );
  };

  const hosts = [authorityHost, resourceManagerHost];
  const server = await startLoopbackServer(handle, await authority.issueServer(hosts));
  return {
    port: server.port,
    hosts: new Map(hosts.map((host) => [host, server.port])),
    tokens,
    close: server.close,
  };
}

function pageOf(call: ArmCall): readonly string[] {
  const start = 'start' in call ? call.start : 'query' in call ? call.query.start : 0;
  return start === 0 ? [] : [`from ${start}`];
}
