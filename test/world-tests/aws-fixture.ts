import { type Aws, startAws } from '../world/aws/server.ts';
import { defaultPlan, type Plan } from '../world/plan.ts';
import { Traffic } from '../world/traffic.ts';

export const payments = '444455556666';
export const data = '777788889999';

export const paymentsKey = {
  accessKeyId: 'AKIAWORLDPAYMENTS001',
  secretAccessKey: 'payments-secret-key-0000000000000000001',
};
export const dataKey = {
  accessKeyId: 'AKIAWORLDDATA0000001',
  secretAccessKey: 'data-secret-key-00000000000000000000001',
};
/** What GetCallerIdentity makes of `paymentsKey`. */
export const paymentsUser = {
  account: payments,
  arn: `arn:aws:iam::${payments}:user/ada`,
  userId: 'AIDAWORLDPAYMENTS001',
};

/** More clusters in one region than two pages hold. */
export const fleet = Array.from({ length: 230 }, (_, index) => ({
  account: payments,
  region: 'us-west-2',
  name: `fleet-${String(index).padStart(3, '0')}`,
  tags: {},
}));
export const plan: Plan = { ...defaultPlan, eks: [...defaultPlan.eks, ...fleet] };

export function certificateAuthorityFor(cluster: { readonly name: string }): string {
  return `-----BEGIN CERTIFICATE-----\n${cluster.name}\n-----END CERTIFICATE-----\n`;
}

export async function startTestAws(): Promise<{ readonly aws: Aws; readonly traffic: Traffic }> {
  const traffic = new Traffic();
  return { traffic, aws: await startAws({ plan, traffic, kubeFacts: { certificateAuthorityFor } }) };
}
