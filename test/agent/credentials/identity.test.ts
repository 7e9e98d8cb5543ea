import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Credentials } from '../../../main/agent/credentials/credentials.ts';
import { silentLogger, systemClock } from '../../../main/agent/parts.ts';
import { createAws } from '../../../main/agent/providers/aws/aws.ts';
import { createEksSource } from '../../../main/agent/providers/aws/eks.ts';
import type { Cluster } from '../../../main/model/cluster.ts';
import { writeAwsHome } from '../../world/aws/home.ts';
import { writeSignIn } from '../../world/aws/sign-ins.ts';
import { aksApplication } from '../../world/azure/aks-resource.ts';
import { writeAzureHome } from '../../world/azure/home.ts';
import { firstPerson } from '../../world/people.ts';
import { type Clouds, discoverOnce, startClouds } from '../discovery/clouds.ts';
import { type AzureCloud, startAzureCloud } from '../providers/azure/cloud.ts';
import { credentialsOf } from './credentials-of.ts';

const named = (clusters: readonly Cluster[], name: string): Cluster => {
  const cluster = clusters.find((one) => one.name === name);
  if (cluster === undefined) throw new Error(`no cluster ${name}`);
  return cluster;
};

describe('AWS and Vault', () => {
  let clouds: Clouds;
  beforeEach(async () => {
    clouds = await startClouds();
  });
  afterEach(() => clouds.close());

  const open = (aws = clouds.ways()): Credentials => {
    const { env, home, network } = clouds;
    return credentialsOf({ clock: systemClock, network, env, home, aws });
  };

  test('a secret that one Vault token may read is not given to the holder of the next', async () => {
    const { clusters } = await discoverOnce(clouds.onPrem());
    const depot = named(clusters, 'depot-berlin');
    const credentials = open();
    const given = await credentials.get(depot);
    expect(await credentials.get(depot)).toBe(given);
    const other = clouds.vault.issueToken({ policies: ['default'], ttl: 3_600 });
    await writeFile(path.join(clouds.home, '.vault-token'), other);
    await expect(credentials.get(depot)).rejects.toMatchObject({ code: 'vault-denied' });
    await rm(path.join(clouds.home, '.vault-token'));
    await expect(credentials.get(depot)).rejects.toMatchObject({ code: 'vault-no-token' });
  });

  describe('IAM Identity Center', () => {
    const regions = ['us-west-2', 'eu-west-1'];
    const signInFile = () => {
      const { env, home, network } = clouds;
      const parts = { env, home, network, clock: systemClock };
      const { ssoCache } = createAws({ ...parts, logger: silentLogger, folder: home });
      const session = { name: clouds.plan.identityCenter.session } as Parameters<typeof ssoCache.file>[0];
      return ssoCache.file(session);
    };
    const signIn = () => writeSignIn({ home: clouds.home, plan: clouds.plan, signIn: clouds.aws.signIn() });
    beforeEach(async () => {
      clouds.plan.accounts = [];
      const { home, plan, aws } = clouds;
      await writeAwsHome({ home, plan, url: aws.url, signIn: aws.signIn() });
    });

    test('a sign-in that is removed gives no token any more, whoever removed it', async () => {
      const aws = clouds.ways();
      const { clusters } = await discoverOnce(createEksSource({ aws, regions }));
      const credentials = open(aws);
      await credentials.get(named(clusters, 'playground'));
      await rm(signInFile());
      await expect(credentials.get(named(clusters, 'playground'))).rejects.toMatchObject({
        code: 'aws-session-expired',
      });
    });

    test('another sign-in asks for roles of its own, and a renewed one does not', async () => {
      const aws = clouds.ways();
      const { clusters } = await discoverOnce(createEksSource({ aws, regions }));
      const playground = named(clusters, 'playground');
      const credentials = open(aws);
      await credentials.get(playground);
      const asked = () => clouds.traffic.count('sso', 'GetRoleCredentials');
      const before = asked();
      const { sessions } = await aws.configuration();
      const session = sessions.find(({ name }) => name === clouds.plan.identityCenter.session);
      if (session === undefined) throw new Error('no session');
      const held = await aws.ssoCache.read(session);
      if (held === undefined) throw new Error('no sign-in');
      await aws.ssoCache.write(session, { ...held, expiresAt: new Date(Date.now() - 1_000).toISOString() });
      await aws.portal.token(session);
      expect(clouds.traffic.count('sso-oidc', 'CreateToken')).toBe(1);
      await credentials.get(playground);
      expect(asked()).toBe(before);
      await signIn();
      await credentials.get(playground);
      expect(asked()).toBeGreaterThan(before);
    });

    test('what one user is granted is not remembered for the next', async () => {
      const { accounts } = clouds.plan.identityCenter;
      const later = accounts.splice(1);
      const names = async () => {
        const { clusters } = await discoverOnce(createEksSource({ aws: clouds.ways(), regions }));
        return new Set(clusters.map(({ account }) => account));
      };
      const first = await names();
      expect(first.size).toBe(1);
      accounts.push(...later);
      // Remembered for the same sign-in, as the portal allows few requests.
      expect(await names()).toEqual(first);
      await signIn();
      expect((await names()).size).toBe(2);
    });
  });
});

describe('Azure', () => {
  let cloud: AzureCloud;
  let clusters: readonly Cluster[];
  let credentials: Credentials;
  beforeEach(async () => {
    cloud = await startAzureCloud();
    ({ clusters } = await discoverOnce(cloud.aks()));
    const { env, home, network } = cloud;
    const parts = { clock: systemClock, network, env, home };
    const aws = createAws({ ...parts, logger: silentLogger, folder: home });
    credentials = credentialsOf({ ...parts, aws });
  });
  afterEach(() => cloud.close());

  const who = async () => {
    const credential = await credentials.get(named(clusters, 'partner-edge'));
    if (credential.kind !== 'token') throw new Error('not a token');
    const caller = await cloud.azure.tokens.verify(credential.token, aksApplication);
    return typeof caller === 'object' ? caller.name : undefined;
  };

  test('`az login` as another user changes the token at once, and `az logout` ends it', async () => {
    expect(await who()).toBe('ada@acme.example');
    const { password } = firstPerson(cloud.plan.people);
    const other = { email: 'grace@acme.example', password };
    cloud.plan.people.push(other);
    const refreshToken = cloud.azure.tokens.issueRefresh(other.email);
    await writeAzureHome({ home: cloud.home, plan: cloud.plan, person: other.email, refreshToken });
    expect(await who()).toBe(other.email);
    await writeFile(path.join(cloud.home, '.azure', 'azureProfile.json'), '{"subscriptions":[]}');
    await expect(who()).rejects.toMatchObject({ code: 'azure-session-expired' });
  });

  test('two applications have no name, and are two users all the same', async () => {
    const file = path.join(cloud.home, '.azure', 'azureProfile.json');
    const signedIn = (application: string) =>
      writeFile(
        file,
        JSON.stringify({
          subscriptions: [
            {
              tenantId: cloud.plan.azure.tenants[0]?.id,
              isDefault: true,
              user: { name: application, type: 'servicePrincipal' },
            },
          ],
        }),
      );
    await signedIn('0a0a0a0a-0000-4000-8000-000000000001');
    const asked = () => cloud.traffic.count('entra', 'token');
    await who();
    const before = asked();
    await who();
    expect(asked()).toBe(before);
    await signedIn('0a0a0a0a-0000-4000-8000-000000000002');
    await who();
    expect(asked()).toBe(before + 1);
  });
});
