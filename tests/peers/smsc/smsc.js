// An SMS centre for tests on npm's smpp: SMPP 3.4, plain or in TLS, with what goes wrong with one. Settings come as JSON in the only
// argument:
//   port, host          where it listens
//   key, cert           files; none: without TLS
//   system_id, password who may bind
//   journal             file of what was taken and what was wrong; none: nothing is written
//   rate                submits a second; beyond it ESME_RTHROTTLED (0: any)
//   window              submits without an answer that a client may have; one more is a fault (0: any)
// A play is {"status": "ESME_RTHROTTLED"}, {"hang": true}, {"delay_ms": 50}, {"cut": true}, {"accept_and_cut": true} or {"raw": hex},
// for a number, "*", or "bind"; {"receipt": "UNDELIV"} takes the text and says so in the receipt that was asked for.
import { readFileSync } from 'node:fs';

import smpp from 'smpp';

import { Journal, Plays, now, obey } from '../push_kit.mjs';

const settings = JSON.parse(process.argv[2]);
const journal = new Journal(settings.journal);
const plays = new Plays();
const sessions = new Set();
const hung = new Set();
const counts = { connections: 0, binds: 0, refused: 0, submitted: 0, accepted: 0, throttled: 0, enquired: 0, receipts: 0, most_open: 0 };
let silent = false;
let bucket = { at: now(), left: settings.rate ?? 0 };

// The octets as they came, beside what the library makes of them.
const text = smpp.commands.submit_sm.params.short_message;
const { filter } = text;
text.filter = {
  encode: filter.encode,
  decode(value) {
    return { ...filter.decode.call(this, Buffer.from(value)), octets: Buffer.from(value) };
  },
};

function isTooMany() {
  if (!settings.rate) return false;
  const at = now();
  bucket = { at, left: Math.min(settings.rate, bucket.left + ((at - bucket.at) * settings.rate) / 1e6) };
  if (bucket.left < 1) return true;
  bucket.left -= 1;
  return false;
}

function receipt(session, pdu, id, how) {
  const stamp = new Date().toISOString().replace(/[-T:]/g, '').slice(2, 12);
  const told = `id:${id} sub:001 dlvrd:${how === 'DELIVRD' ? '001' : '000'} submit date:${stamp} done date:${stamp} stat:${how} err:000 text:`;
  session.deliver_sm({
    esm_class: 0x04, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, short_message: told,
    receipted_message_id: id, message_state: how === 'DELIVRD' ? 2 : 5,
  }, (answer) => {
    counts.receipts += 1;
    journal.write({ receipt: id, how, status: answer.command_status });
  });
}

function describe(pdu) {
  const { message, udh, octets } = pdu.short_message;
  const tlvs = Object.fromEntries(['source_port', 'dest_port', 'destination_port', 'message_payload', 'sar_msg_ref_num', 'sar_total_segments', 'sar_segment_seqnum', 'user_message_reference']
    .filter((name) => pdu[name] !== undefined).map((name) => [name, pdu[name]]));
  return {
    octets: octets.toString('hex'), udh: udh ? udh.map((part) => part.toString('hex')) : null,
    text: Buffer.isBuffer(message) ? message.toString('latin1') : message,
    ...Object.fromEntries(['service_type', 'source_addr_ton', 'source_addr_npi', 'source_addr', 'dest_addr_ton', 'dest_addr_npi', 'esm_class', 'protocol_id',
      'priority_flag', 'validity_period', 'registered_delivery', 'replace_if_present_flag', 'data_coding'].map((name) => [name, pdu[name]])),
    tlvs,
  };
}

function submit(session, pdu) {
  let isAnswered = false;
  const answer = (status, more = {}) => {
    if (isAnswered || session.isGone) return;
    isAnswered = true;
    session.open -= 1;
    session.send(pdu.response({ command_status: smpp[status] ?? status, ...more }));
  };
  const take = (play) => {
    counts.accepted += 1;
    const id = `m${counts.accepted}`;
    journal.write({ address: pdu.destination_addr, id, connection: session.number, ...describe(pdu) });
    if (play?.accept_and_cut) return session.destroy();
    answer(0, { message_id: id });
    if (pdu.registered_delivery & 1) receipt(session, pdu, id, play?.receipt ?? 'DELIVRD');
    return null;
  };
  counts.submitted += 1;
  session.open += 1;
  counts.most_open = Math.max(counts.most_open, session.open);
  if (settings.window && session.open > settings.window) journal.fault('more open than the window', { open: session.open });
  if (!session.isBound) {
    journal.fault('submit_sm before a bind');
    return answer('ESME_RINVBNDSTS');
  }
  if (isTooMany()) {
    counts.throttled += 1;
    return answer('ESME_RTHROTTLED');
  }
  const play = plays.next(pdu.destination_addr);
  if (play?.status !== undefined) {
    if (play.status === 'ESME_RTHROTTLED') counts.throttled += 1;
    return answer(play.status);
  }
  if (play?.hang) return hung.add(() => take(null));
  if (play?.delay_ms) return setTimeout(() => take(play), play.delay_ms);
  if (play?.cut) return session.destroy();
  if (play?.raw !== undefined) return session.socket.write(Buffer.from(play.raw, 'hex'));
  return take(play);
}

function bind(session, pdu) {
  const play = plays.next('bind');
  let status = play?.status ?? 'ESME_ROK';
  if (play?.hang) return;
  if (!play && pdu.system_id !== settings.system_id) status = 'ESME_RINVSYSID';
  else if (!play && pdu.password !== settings.password) status = 'ESME_RINVPASWD';
  else if (!play && session.isBound) status = 'ESME_RALYBND';
  const isFine = status === 'ESME_ROK';
  counts[isFine ? 'binds' : 'refused'] += 1;
  session.isBound = isFine;
  journal.write({ bind: pdu.command, status, system_id: pdu.system_id, system_type: pdu.system_type, version: pdu.interface_version });
  session.send(pdu.response({ command_status: smpp[status], system_id: 'smsc' }));
}

const COMMANDS = {
  bind_transceiver: bind,
  bind_transmitter: bind,
  bind_receiver: bind,
  submit_sm: submit,
  enquire_link: (session, pdu) => {
    counts.enquired += 1;
    session.send(pdu.response());
  },
  unbind: (session, pdu) => {
    session.send(pdu.response());
    session.close();
  },
};

function serve(session) {
  counts.connections += 1;
  Object.assign(session, { number: counts.connections, open: 0, isBound: false, isGone: false });
  sessions.add(session);
  session.on('error', () => session.destroy());
  session.on('close', () => {
    session.isGone = true;
    sessions.delete(session);
  });
  session.on('pdu', (pdu) => {
    if (silent || pdu.isResponse()) return;
    const command = COMMANDS[pdu.command];
    if (command) command(session, pdu);
    else {
      journal.fault(`PDU ${pdu.command}`);
      session.send(pdu.response({ command_status: smpp.ESME_RINVCMDID }));
    }
  });
}

const bound = () => [...sessions].filter((session) => session.isBound);
const tls = settings.key ? { key: readFileSync(settings.key), cert: readFileSync(settings.cert), minVersion: 'TLSv1.2' } : {};
const server = smpp.createServer(tls, serve);
server.on('tlsClientError', () => {});
server.listen(settings.port, settings.host ?? '127.0.0.1', () => obey({
  say: ({ address, plays: list }) => plays.say(address, list),
  reset: () => plays.reset(),
  set: (given) => { Object.assign(settings, given); },
  silent: (is) => { silent = is; },
  cut: () => sessions.forEach((session) => session.destroy()),
  unbind: () => bound().forEach((session) => session.unbind(() => session.close())),
  // Asks each bound client; how many are asked.
  enquire: () => bound().map((session) => session.enquire_link((pdu) => journal.write({ enquired: pdu.command_status }))).length,
  // A text from a phone.
  deliver: (fields) => bound().slice(0, 1).map((session) => session.deliver_sm(fields, (pdu) => journal.write({ delivered: pdu.command_status }))).length,
  // Octets out of turn, to each bound client.
  raw: (hex) => bound().forEach((session) => session.socket.write(Buffer.from(hex, 'hex'))),
  release: () => {
    hung.forEach((go) => go());
    hung.clear();
  },
  state: () => ({ ...counts, bound: bound().length, hung: hung.size, faults: journal.faults }),
}));
