import { portalIn } from '../../../model/aws-portals.ts';
import { choicesIn } from '../../../model/identity-choice.ts';
import type { Provider, ProviderParts } from '../provider.ts';
import { createAws } from './aws.ts';
import { eksCredentials } from './credential.ts';
import { createEksSource } from './eks.ts';
import { awsFindings } from './findings.ts';
import { createAwsLogin } from './login.ts';
import { withMfa } from './mfa-login.ts';

/** EKS clusters in all accounts that profiles and IAM Identity Center reach. */
export function awsProvider(shared: ProviderParts): Provider {
  const { env, home, network, clock, logger, folders, settings, organisation } = shared;
  const aws = createAws({
    env,
    home,
    network,
    clock,
    logger,
    folder: folders.memory,
    mfa: shared.mfa,
    organisation: () => {
      const { identityCenter = [], roles = [] } = organisation()?.sources?.eks ?? {};
      const own = settings().awsPortals.flatMap((text) => portalIn(text) ?? []);
      return { portals: [...identityCenter, ...own], roles, chosen: choicesIn(settings().awsRoles) };
    },
  });
  return {
    source: () => createEksSource({ aws, regions: settings().awsRegions }),
    login: withMfa(createAwsLogin(aws), aws),
    credential: eksCredentials(aws),
    findings: () => awsFindings(aws),
  };
}
