import { type EksCluster, eksArn, eksEndpointHost } from '../plan.ts';

/** The `cluster` of a DescribeCluster answer, as an active cluster of today has it. `certificateAuthority` is PEM. */
export function describeCluster(options: {
  readonly cluster: EksCluster;
  readonly certificateAuthority: string;
}): object {
  const { cluster, certificateAuthority } = options;
  const endpointHost = eksEndpointHost(cluster);
  const endpointId = endpointHost.slice(0, endpointHost.indexOf('.'));
  const suffix = endpointId.slice(0, 17).toLowerCase();
  return {
    name: cluster.name,
    arn: eksArn(cluster),
    // Seconds, with a fraction.
    createdAt: 1_735_725_600.123,
    version: '1.32',
    endpoint: `https://${endpointHost}`,
    roleArn: `arn:aws:iam::${cluster.account}:role/eks-cluster`,
    resourcesVpcConfig: {
      subnetIds: [`subnet-${suffix}`, `subnet-${[...suffix].reverse().join('')}`],
      securityGroupIds: [],
      clusterSecurityGroupId: `sg-${suffix}`,
      vpcId: `vpc-${suffix}`,
      endpointPublicAccess: false,
      endpointPrivateAccess: true,
      publicAccessCidrs: [],
    },
    kubernetesNetworkConfig: {
      serviceIpv4Cidr: '172.20.0.0/16',
      ipFamily: 'ipv4',
      elasticLoadBalancing: { enabled: false },
    },
    logging: {
      clusterLogging: [
        { types: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'], enabled: false },
      ],
    },
    identity: {
      oidc: { issuer: `https://oidc.eks.${cluster.region}.amazonaws.com/id/${endpointId}` },
    },
    status: 'ACTIVE',
    certificateAuthority: { data: Buffer.from(certificateAuthority).toString('base64') },
    clientRequestToken: null,
    platformVersion: 'eks.20',
    tags: cluster.tags,
    encryptionConfig: null,
    connectorConfig: null,
    id: null,
    health: { issues: [] },
    outpostConfig: null,
    accessConfig: { bootstrapClusterCreatorAdminPermissions: null, authenticationMode: 'API' },
    upgradePolicy: { supportType: 'EXTENDED' },
    zonalShiftConfig: null,
    remoteNetworkConfig: null,
    computeConfig: null,
    storageConfig: null,
    deletionProtection: false,
  };
}
