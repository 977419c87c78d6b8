// Submits as fast as one bind lets it, with npm's own client: what the server's are measured against. Prints submits a second.
// node load.js '{"port": ..., "tls": true, "system_id": ..., "password": ..., "count": 100000, "window": 10}'
import { Buffer } from 'node:buffer';

import smpp from 'smpp';

const settings = JSON.parse(process.argv[2]);
const body = Buffer.concat([Buffer.from('0605041f9f0000', 'hex'), Buffer.from('001010000000001-aescfg,ap2003,ap2004')]);
const session = smpp.connect({ host: '127.0.0.1', port: settings.port, tls: settings.tls, rejectUnauthorized: false }, () => {
  session.bind_transceiver({ system_id: settings.system_id, password: settings.password }, (bound) => {
    if (bound.command_status !== 0) throw new Error(`bind: ${bound.command_status}`);
    const started = process.hrtime.bigint();
    let sent = 0;
    let answered = 0;
    const next = () => {
      if (sent === settings.count) return;
      sent += 1;
      session.submit_sm({ destination_addr: '15550000001', esm_class: 0x40, data_coding: 4, short_message: body }, (pdu) => {
        if (pdu.command_status !== 0) throw new Error(`submit: ${pdu.command_status}`);
        answered += 1;
        if (answered === settings.count) {
          console.log(Math.round(settings.count / (Number(process.hrtime.bigint() - started) / 1e9)));
          process.exit(0);
        }
        next();
      });
    };
    for (let i = 0; i < (settings.window ?? 10); i++) next();
  });
});
session.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
