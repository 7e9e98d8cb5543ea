import { type LoopbackAnswer, type LoopbackRequest, startLoopbackServer } from '../loopback-server.ts';
import type { EksCluster, Plan } from '../plan.ts';
import { repeatPage } from '../repeated-page.ts';
import type { Traffic } from '../traffic.ts';
import { answerListRegions } from './account.ts';
import { authenticate } from './authentication.ts';
import { answerEks, readEksCall } from './eks.ts';
import { EksTags } from './eks-tags.ts';
import { Keyring, type SessionCredentials } from './keyring.ts';
import { answerPortal, portalOperation, portalScope, TokenBucket } from './portal.ts';
import { type PresignedVerdict, verifyPresigned } from './presigned.ts';
import { type SignIn, SignIns } from './sign-ins.ts';
import { readSignatureClaim } from './signature.ts';
import { SsoOidc, ssoOidcOperation } from './sso-oidc.ts';
import { answerSts, stsAction } from './sts.ts';

/** The token of a list's first page. */
const first = Buffer.from('0').toString('base64url');

export interface AwsParts {
  /** Read at every request, so a getter lets clusters come and go. */
  readonly plan: Plan;
  readonly traffic: Traffic;
  readonly kubeFacts: {
    /** PEM of the authority that signs the cluster's API server. */
    certificateAuthorityFor(cluster: EksCluster): string | Promise<string>;
  };
}

export interface Aws {
  /** For `AWS_ENDPOINT_URL`. */
  readonly url: string;
  readonly port: number;
  /** What a cluster's API server makes of the URL in a bearer token; never rejects. */
  verifyPresigned(url: URL, headers: Readonly<Record<string, string>>): Promise<PresignedVerdict>;
  issueSession(account: string): SessionCredentials;
  /** From now on the session's key answers that it is expired; sign in again with `issueSession`. */
  expireSession(accessKeyId: string): void;
  /** Signs the person in to Identity Center, as if a browser had come and gone, for 8 hours or so many seconds; less than 0 has ended already. */
  signIn(seconds?: number): SignIn;
  /** No sign-in until now holds any more, nor can it be renewed. */
  signOut(): void;
  close(): Promise<void>;
}

/**
 * STS, EKS, the account service and Identity Center of every account and region on one loopback address. The account, region and service of a request
 * are those of its signature, which is verified. Counted as service `sts` or `eks`, scope `account/region`, and
 * `account/region/name` for DescribeCluster; the account is the access key id where that is unknown. Identity Center
 * is `sso`, its token service and the pages that people sign in on `sso-oidc`, the account service `account`.
 */
export async function startAws(parts: AwsParts): Promise<Aws> {
  const { traffic, kubeFacts } = parts;
  const keyring = new Keyring(() => parts.plan);
  const tags = new EksTags();
  const signIns = new SignIns();
  const ssoOidc = new SsoOidc({ plan: () => parts.plan, signIns });
  const bucket = new TokenBucket(() => parts.plan.identityCenter.requestsPerSecond);

  const handle = async (request: LoopbackRequest): Promise<LoopbackAnswer> => {
    const { plan } = parts;
    const ofTokenService = ssoOidcOperation(request);
    if (ofTokenService !== undefined) {
      const fault = await traffic.serve('sso-oidc', ofTokenService, '');
      return ssoOidc.answer(ofTokenService, request, fault);
    }
    const operation = portalOperation(request);
    if (operation !== undefined) {
      const allowed = bucket.take();
      const fault = await traffic.serve('sso', operation, portalScope(request));
      return repeatPage(answerPortal({ operation, request, fault, plan, keyring, signIns, allowed }), fault, {
        nextToken: first,
      });
    }
    const claim = readSignatureClaim(request);
    const service =
      claim?.service ?? (new URL(request.target, 'http://aws').pathname === '/' ? 'sts' : 'eks');
    const region = claim?.region ?? 'none';
    const account = claim && (keyring.find(claim.accessKeyId)?.caller.account ?? claim.accessKeyId);
    const cell = `${account ?? 'anonymous'}/${region}`;
    const check = (skewMinutes: number) =>
      authenticate({ request, claim, keyring, disabledRegions: plan.disabledRegions, skewMinutes });

    if (service === 'sts') {
      const fault = await traffic.serve('sts', stsAction(request) || 'Unknown', cell);
      return answerSts({ request, fault, keyring, authentication: check(15) });
    }
    if (service === 'account') {
      const fault = await traffic.serve('account', 'ListRegions', cell);
      return repeatPage(answerListRegions({ request, fault, plan, authentication: check(5) }), fault, {
        NextToken: '0',
      });
    }
    const call = readEksCall(request);
    const scope = call.operation === 'DescribeCluster' ? `${cell}/${call.name}` : cell;
    const fault = await traffic.serve('eks', call.operation, scope);
    const answer = await answerEks({
      call,
      region,
      fault,
      plan,
      tags,
      authentication: check(5),
      certificateAuthorityFor: kubeFacts.certificateAuthorityFor,
    });
    return call.operation === 'ListClusters' ? repeatPage(answer, fault, { nextToken: first }) : answer;
  };

  const server = await startLoopbackServer(handle);
  return {
    url: server.url,
    port: server.port,
    verifyPresigned: (url, headers) => verifyPresigned({ url, headers, port: server.port }),
    issueSession: (account) => keyring.issueSession(account),
    expireSession: (accessKeyId) => keyring.expireSession(accessKeyId),
    signIn: (seconds = 8 * 3600) => signIns.issue(seconds),
    signOut: () => signIns.revokeAll(),
    close: server.close,
  };
}
