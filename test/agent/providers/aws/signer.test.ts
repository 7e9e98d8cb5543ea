import { expect, test } from 'vitest';
import { createSigner, Sha256 } from '../../../../main/agent/providers/aws/signer.ts';
import { expectedSignature, readSignatureClaim } from '../../../world/aws/signature.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

async function hashed(text: string, secret?: ConstructorParameters<typeof Sha256>[0]) {
  const hash = new Sha256(secret);
  hash.update(Buffer.from(text));
  return hash.digest();
}

test('hashes as FIPS 180-2 says, and with keys of every kind as RFC 4231 does', async () => {
  expect(hex(await hashed('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  const wanted = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843';
  const key = Buffer.from('Jefe');
  for (const secret of ['Jefe', key, new DataView(key.buffer, key.byteOffset, key.byteLength)]) {
    expect(hex(await hashed('what do ya want for nothing?', secret))).toBe(wanted);
  }
  expect(hex(await hashed('what do ya want for nothing?', new Uint8Array(key).buffer))).toBe(wanted);
});

test("derives the key of AWS's own example", async () => {
  let key: string | Uint8Array = 'AWS4wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  for (const part of ['20120215', 'us-east-1', 'iam', 'aws4_request']) key = await hashed(part, key);
  expect(hex(Buffer.from(key))).toBe('f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d');
});

test('signs what AWS accepts, with the token of a session and a name that needs encoding', async () => {
  const credentials = {
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: 'the-secret',
    sessionToken: 'the-token',
  };
  const signer = createSigner({ credentials, region: 'eu-west-1', service: 'eks' });
  const request = { method: 'GET', protocol: 'https:', hostname: 'eks.eu-west-1.amazonaws.com' };
  const { headers } = await signer.sign({
    ...request,
    path: '/clusters/a%20b',
    query: {},
    headers: { host: request.hostname },
  });
  const sent = { method: 'GET', target: '/clusters/a%20b', headers, body: Buffer.alloc(0) };
  const claim = readSignatureClaim(sent);
  if (claim === undefined) throw new Error('it is not signed');
  expect(claim).toMatchObject({ region: 'eu-west-1', service: 'eks', securityToken: 'the-token' });
  expect(claim.signature).toBe(expectedSignature({ request: sent, claim, secretAccessKey: 'the-secret' }));
});
