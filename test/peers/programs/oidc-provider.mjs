// An OpenID provider: node oidc-provider.mjs PORT ROOT CLIENT. Every login succeeds and is asked for no consent.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [port, root, client] = process.argv.slice(2);
const { Provider } = await import(
  pathToFileURL(createRequire(`${root}/package.json`).resolve('oidc-provider')).href
);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: client,
      // A native application: any port of the loopback address (RFC 8252, 7.3).
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types: ['code'],
    },
  ],
  claims: { email: ['email'], openid: ['sub'] },
  // An API server reads the id token alone.
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, email: id }) }),
  issueRefreshToken: (_context, one) => one.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  ttl: { IdToken: 3600, AccessToken: 3600 },
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope('openid email offline_access');
    await grant.save();
    return grant;
  },
});
provider.listen(Number(port), '127.0.0.1');
