import { expect, test } from 'vitest';
import { awsError } from '../../../../main/agent/providers/aws/errors.ts';

const shop = {
  title: 'AWS profile shop',
  way: { kind: 'profile', name: 'shop' },
  login: { kind: 'other' },
} as const;

function converted(name: string, message = '') {
  const error = Object.assign(new Error(message), { name });
  return awsError({ error, principal: shop, action: 'sts:AssumeRole', region: 'eu-south-1' });
}

test.each([
  ['ValidationError', 'the settings with which AWS profile shop assumes its role', 'duration_seconds'],
  ['InvalidIdentityToken', 'the web identity token of AWS profile shop', 'its issuer and audience'],
  ['InvalidIdentityTokenException', 'the web identity token of AWS profile shop', 'its issuer and audience'],
  ['IDPCommunicationErrorException', 'the web identity token of AWS profile shop', 'reaches the issuer'],
  ['RegionDisabledException', 'has switched off AWS STS in eu-south-1', 'Set another region for the profile'],
  ['OptInRequired', 'is not signed up for this service', 'Ask the owner of the account'],
])('%s is no fault of AWS, and another attempt does not help', async (name, message, hint) => {
  expect(await converted(name, 'what AWS says')).toMatchObject({
    code: 'aws-failed',
    message: expect.stringContaining(message),
    hint: expect.stringContaining(hint),
    retryable: false,
  });
  expect((await converted(name, 'what AWS says')).message).not.toContain('what AWS says');
});

test('an error that nothing is known of may pass', async () => {
  expect(await converted('InternalFailure')).toMatchObject({ code: 'aws-failed', retryable: true });
});

test.each([
  [{}, ' If they are of AWS GovCloud or AWS in China, give profile shop a region there.'],
  [{ region: 'eu-west-1' }, ''],
  [
    { way: { kind: 'profile', name: '' } as const },
    ' If they are of AWS GovCloud or AWS in China, set AWS_REGION to a region there.',
  ],
])('keys that AWS does not know may be of another partition: %j', async (more, hint) => {
  const error = Object.assign(new Error(), { name: 'InvalidClientTokenId' });
  const principal = { ...shop, ...more };
  expect(
    await awsError({ error, principal, action: 'sts:GetCallerIdentity', region: 'us-east-1' }),
  ).toMatchObject({
    code: 'aws-failed',
    hint: `They may have been deleted, deactivated or mistyped: log in again or replace them.${hint}`,
  });
});
