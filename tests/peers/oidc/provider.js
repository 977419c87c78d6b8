// A certified OpenID provider with its own login pages, for the system tests. Settings come as JSON in the only argument; it
// says "ready" when it listens, and ends when its standard input does, so that no test leaves it behind.
import { createServer } from 'node:https';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';

import Provider from 'oidc-provider';

const settings = JSON.parse(process.argv[2]);
const issuer = `https://127.0.0.1:${settings.port}`;

const signingKey = (type, options, kid) => ({ ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), kid, use: 'sig' });

const client = {
  client_id: settings.client_id,
  redirect_uris: [settings.redirect_uri],
  response_types: ['code'],
  grant_types: ['authorization_code'],
  id_token_signed_response_alg: settings.alg ?? 'RS256',
};
if (settings.client_jwks) {
  Object.assign(client, { token_endpoint_auth_method: 'private_key_jwt', jwks: settings.client_jwks });
} else {
  Object.assign(client, { token_endpoint_auth_method: settings.client_auth ?? 'client_secret_basic', client_secret: settings.client_secret });
}

const provider = new Provider(issuer, {
  clients: [client],
  jwks: { keys: [signingKey('rsa', { modulusLength: 2048 }, 'rsa-1'), signingKey('ec', { namedCurve: 'P-256' }, 'ec-1')] },
  claims: { openid: ['sub'], phone: ['phone_number', 'phone_number_verified'] },
  conformIdTokenClaims: !settings.claims_in_id_token,
  pkce: { required: () => true, methods: ['S256'] },
  cookies: { keys: ['a key of this test'] },
  // Whoever logs in as a number has that number.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: `user-of-${id.replace('+', '')}`, phone_number: id, phone_number_verified: true }),
  }),
});

createServer({ key: readFileSync(settings.key), cert: readFileSync(settings.cert) }, provider.callback())
  .listen(settings.port, '127.0.0.1', () => console.log('ready'));
process.stdin.on('end', () => process.exit(0)).resume();
