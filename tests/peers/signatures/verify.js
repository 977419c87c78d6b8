// Checks signatures of answers (RFC 9421) and Content-Digest (RFC 9530) as a stranger would: with npm's http-message-signatures
// and Node.js' own digests. One line of JSON in, {request, response, jwks, needs}, one line out: {"result": true}, or why not.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createInterface } from 'node:readline';

import { httpbis } from 'http-message-signatures';
import { parseDictionary } from 'structured-headers';

const header = (headers, name) => Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];

function digestIsRight(headers, body) {
  const digests = parseDictionary(header(headers, 'content-digest'));
  return Buffer.from(digests.get('sha-256')[0]).equals(createHash('sha256').update(body).digest());
}

function keyLookup(jwks) {
  return async ({ keyid, tag }) => {
    const jwk = jwks.keys.find((key) => key.kid === keyid && key.use === 'sig' && key.alg === 'ES256');
    if (!jwk || tag !== 'openes-answer') return null;
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return {
      id: keyid,
      algs: ['ecdsa-p256-sha256'],
      verify: async (base, signature) => verify('sha256', base, { key, dsaEncoding: 'ieee-p1363' }, signature),
    };
  };
}

async function check({ request, response, jwks, needs }) {
  const body = Buffer.from(response.body, 'base64');
  const { status, headers } = response;
  const result = await httpbis.verifyMessage(
    { keyLookup: keyLookup(jwks), requiredParams: ['created', 'keyid', 'alg', 'tag'], requiredFields: needs, maxAge: 300, tolerance: 1 },
    { status, headers },
    request,
  );
  if (result !== true) return result === null ? 'no signature of a known key' : 'the signature is wrong';
  return digestIsRight(headers, body) || 'the digest is wrong';
}

for await (const line of createInterface({ input: process.stdin })) {
  const result = await check(JSON.parse(line)).catch((error) => error.message);
  console.log(JSON.stringify({ result }));
}
