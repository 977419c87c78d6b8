// Apple's push service for tests: HTTP/2 over TLS alone, provider tokens checked with Node's own crypto, headers and payloads as
// Apple asks for them, and every reason of its table on command. Settings come as JSON in the only argument:
//   port, key, cert     where it listens
//   keys                {kid: {team, pem}}: public keys
//   topics              that they may push to
//   journal             file of what was taken and what was wrong; none: nothing is written
//   first_streams       bound of a connection before its first push was taken (1), streams: and after (1000)
//   token_age           s that a provider token lives (3600); mint_every: s between two new ones (1200; 0: any)
//   skew                s that its clock is ahead
import { createPublicKey, randomUUID, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureServer, constants } from 'node:http2';

import { Journal, Plays, obey } from './push_kit.mjs';

const STATUS = {
  BadCollapseId: 400, BadDeviceToken: 400, BadExpirationDate: 400, BadMessageId: 400, BadPriority: 400, BadTopic: 400,
  DeviceTokenNotForTopic: 400, DuplicateHeaders: 400, IdleTimeout: 400, InvalidPushType: 400, MissingDeviceToken: 400, MissingTopic: 400,
  PayloadEmpty: 400, TopicDisallowed: 400, BadCertificate: 403, BadCertificateEnvironment: 403, BadEnvironmentKeyInToken: 403,
  ExpiredProviderToken: 403, Forbidden: 403, InvalidProviderToken: 403, InvalidSigningKey: 403, MissingProviderToken: 403,
  UnrelatedKeyIdInToken: 403, BadPath: 404, MethodNotAllowed: 405, ExpiredToken: 410, Unregistered: 410, PayloadTooLarge: 413,
  TooManyProviderTokenUpdates: 429, TooManyRequests: 429, InternalServerError: 500, ServiceUnavailable: 503, Shutdown: 503,
};
const TYPES = ['alert', 'background', 'controls', 'location', 'voip', 'complication', 'fileprovider', 'mdm', 'liveactivity', 'pushtotalk'];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/;

const settings = JSON.parse(process.argv[2]);
const journal = new Journal(settings.journal);
const plays = new Plays();
const keys = new Map(Object.entries(settings.keys).map(([kid, { team, pem }]) => [kid, { team, key: createPublicKey(pem) }]));
const sessions = new Set();
const hung = new Set();
const tokens = new Map(); // provider token -> {kid, iat}
const lastNew = new Map(); // kid -> iat of the newest
const counts = { connections: 0, requests: 0, accepted: 0 };

const seconds = () => Date.now() / 1000 + (settings.skew ?? 0);

const isOld = (iat) => seconds() - iat > (settings.token_age ?? 3600) || iat - seconds() > 60;

// The reason for which a provider token is not taken, or null. One that was verified is known from then on.
function tokenRefused(header) {
  if (header === undefined) return 'MissingProviderToken';
  const text = /^bearer (.+)$/i.exec(header)?.[1];
  let known = tokens.get(text);
  if (!known) {
    const [head, claims, signature, more] = (text ?? '').split('.');
    if (signature === undefined || more !== undefined) return 'InvalidProviderToken';
    const { alg, kid } = JSON.parse(Buffer.from(head, 'base64url'));
    const { iss, iat } = JSON.parse(Buffer.from(claims, 'base64url'));
    const mine = keys.get(kid);
    const is = mine && alg === 'ES256' && iss === mine.team && Number.isInteger(iat)
      && verify('sha256', Buffer.from(`${head}.${claims}`), { key: mine.key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
    if (!is) return 'InvalidProviderToken';
    if (isOld(iat)) return 'ExpiredProviderToken';
    const every = settings.mint_every ?? 1200;
    if (lastNew.has(kid) && iat - lastNew.get(kid) < every) return 'TooManyProviderTokenUpdates';
    known = { kid, iat };
    lastNew.set(kid, iat);
    tokens.set(text, known);
    journal.write({ minted: kid, iat });
  }
  return isOld(known.iat) ? 'ExpiredProviderToken' : null;
}

function headersRefused(headers) {
  const { 'apns-topic': topic, 'apns-push-type': type, 'apns-priority': priority, 'apns-expiration': expiration } = headers;
  if (topic === undefined) return 'MissingTopic';
  if (!settings.topics.includes(topic)) return 'TopicDisallowed';
  if (!TYPES.includes(type)) return 'InvalidPushType';
  if (type === 'voip' && !topic.endsWith('.voip')) return 'BadTopic';
  if (priority !== undefined && !['1', '5', '10'].includes(priority)) return 'BadPriority';
  if (type === 'background' && priority !== '5' && priority !== '1') return 'BadPriority';
  if (expiration !== undefined && (!/^\d{1,11}$/.test(expiration) || (expiration !== '0' && Number(expiration) < seconds() - 60))) return 'BadExpirationDate';
  if (headers['apns-collapse-id'] !== undefined && Buffer.byteLength(headers['apns-collapse-id']) > 64) return 'BadCollapseId';
  if (headers['apns-id'] !== undefined && !UUID.test(headers['apns-id'])) return 'BadMessageId';
  return null;
}

// Apple does not look into `data`; whoever wakes a phone has to.
function payloadFault(payload) {
  const { aps, data, ...more } = payload;
  if (Object.keys(more).length > 0) return `unknown members ${Object.keys(more)}`;
  if (aps !== undefined && (typeof aps !== 'object' || Array.isArray(aps))) return 'aps';
  const { app, timestamp, ...rest } = data ?? {};
  if (Object.keys(rest).length > 0) return `more than app and timestamp: ${Object.keys(rest)}`;
  const isList = Array.isArray(app) && app.length > 1 && app.every((one) => typeof one === 'string');
  if (typeof app !== 'string' && !isList) return 'app is neither a string nor an array of several';
  return TIMESTAMP.test(timestamp) ? null : 'timestamp';
}

function bodyRefused(body, headers) {
  if (body.length === 0) return 'PayloadEmpty';
  if (body.length > (headers['apns-push-type'] === 'voip' ? 5120 : 4096)) return 'PayloadTooLarge';
  return null;
}

function reply(stream, id, status, body) {
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ':status': status, 'apns-id': id, ...(body ? { 'content-type': 'application/json' } : {}) }, { endStream: !body });
  if (body) stream.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function goaway(session, reason) {
  if (session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, undefined, Buffer.from(JSON.stringify({ reason })));
  session.close();
}

// Plays the part. `go` takes the push after all.
function act(play, stream, id, go) {
  const { session } = stream;
  if (play.hang) {
    hung.add(() => { if (!stream.destroyed && !stream.closed) go(); });
    return;
  }
  if (play.delay_ms) {
    setTimeout(go, play.delay_ms);
    return;
  }
  if (play.cut) session.destroy();
  else if (play.reset) stream.close(constants[play.reset]); // NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR...
  else if (play.goaway) {
    goaway(session, play.goaway);
    if (play.unread) stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else go();
  } else if (play.accept_and_cut) go();
  else if (play.raw !== undefined) reply(stream, id, play.status ?? 200, play.raw);
  else {
    const body = { reason: play.reason };
    if (play.timestamp !== undefined) body.timestamp = play.timestamp;
    reply(stream, id, play.status ?? STATUS[play.reason], body);
    if (play.reason === 'IdleTimeout' || play.reason === 'Shutdown') goaway(session, play.reason);
  }
}

function refuse(stream, id, reason, isFault) {
  if (isFault) journal.fault(reason);
  reply(stream, id, STATUS[reason], { reason });
}

function take(stream, id, device, headers, body, instead) {
  let payload;
  try {
    payload = JSON.parse(body);
  } catch {
    journal.fault('the payload is no JSON');
    return refuse(stream, id, 'PayloadEmpty', true);
  }
  const fault = payloadFault(payload);
  if (fault) journal.fault(`payload: ${fault}`, { payload });
  counts.accepted += 1;
  const named = Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('apns-') || name === 'traceparent'));
  journal.write({ address: device, payload, headers: named, connection: stream.session.number });
  if (!stream.session.isTrusted) {
    stream.session.isTrusted = true;
    stream.session.settings({ maxConcurrentStreams: settings.streams ?? 1000 });
  }
  return instead ? instead() : reply(stream, id, 200);
}

function serve(stream, headers, body) {
  const id = headers['apns-id'] ?? randomUUID();
  const device = /^\/3\/device\/([^/]*)$/.exec(headers[':path'])?.[1];
  counts.requests += 1;
  if (headers[':method'] !== 'POST') return refuse(stream, id, 'MethodNotAllowed', true);
  if (device === undefined) return refuse(stream, id, 'BadPath', true);
  if (device === '') return refuse(stream, id, 'MissingDeviceToken', true);
  let bad;
  try {
    bad = tokenRefused(headers.authorization);
  } catch {
    bad = 'InvalidProviderToken';
  }
  if (bad) return refuse(stream, id, bad, bad === 'TooManyProviderTokenUpdates');
  bad = headersRefused(headers) ?? bodyRefused(body, headers);
  if (bad) return refuse(stream, id, bad, bad !== 'TopicDisallowed');
  const play = plays.next(device);
  const go = (instead) => take(stream, id, device, headers, body, instead);
  if (play) return act(play, stream, id, () => go(play.accept_and_cut ? () => stream.session.destroy() : undefined));
  return /^([0-9a-f]{2}){8,100}$/i.test(device) ? go() : refuse(stream, id, 'BadDeviceToken', false);
}

const server = createSecureServer({
  key: readFileSync(settings.key), cert: readFileSync(settings.cert), allowHTTP1: false, minVersion: 'TLSv1.2',
  settings: { maxConcurrentStreams: settings.first_streams ?? 1, initialWindowSize: 1 << 20 },
  // libcurl 7.88 resets each stream once it has been answered, and Node ends a connection after a thousand of these.
  streamResetBurst: 1e9, streamResetRate: 1e9,
});
server.on('session', (session) => {
  counts.connections += 1;
  session.number = counts.connections;
  sessions.add(session);
  session.on('close', () => sessions.delete(session));
  session.on('error', () => {});
});
server.on('stream', (stream, headers) => {
  const parts = [];
  stream.on('error', () => {});
  stream.on('data', (part) => parts.push(part));
  stream.on('end', () => serve(stream, headers, parts.length === 1 ? parts[0] : Buffer.concat(parts)));
});
server.on('sessionError', () => {});
server.on('tlsClientError', () => {});
server.listen(settings.port, '127.0.0.1', () => obey({
  say: ({ address, plays: list }) => plays.say(address, list),
  reset: () => plays.reset(),
  goaway: (reason) => sessions.forEach((session) => goaway(session, reason)),
  cut: () => sessions.forEach((session) => session.destroy()),
  release: () => {
    hung.forEach((go) => go());
    hung.clear();
  },
  skew: (by) => { settings.skew = by; },
  trust: (given) => {
    keys.clear();
    Object.entries(given).forEach(([kid, { team, pem }]) => keys.set(kid, { team, key: createPublicKey(pem) }));
    tokens.clear();
  },
  state: () => ({ ...counts, open: sessions.size, hung: hung.size, tokens: tokens.size, faults: journal.faults }),
}));
