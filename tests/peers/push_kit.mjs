// What the push services and the SMS centre of the tests share: commands by standard input, a line of JSON each and one in answer;
// the end with it, so that no test leaves one behind; and a journal that outlives a kill -9.
import { openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

// CLOCK_MONOTONIC in us, as Python's time.monotonic() has it.
export const now = () => Number(process.hrtime.bigint() / 1000n);

export class Journal {
  constructor(path) {
    this.file = path ? openSync(path, 'a') : null;
    this.faults = 0;
  }

  // In the file before the answer goes out: what a client was told of is there whatever happens to us.
  write(entry) {
    if (this.file !== null) writeSync(this.file, `${JSON.stringify({ us: now(), ms: Date.now(), ...entry })}\n`);
  }

  // Something that no client of ours may do.
  fault(what, more) {
    this.faults += 1;
    this.write({ fault: what, ...more });
  }
}

// What is to be played instead of the usual answer, for one address or "*" for all. A play with `times` is over after so many.
export class Plays {
  constructor() {
    this.byAddress = new Map();
  }

  say(address, plays) {
    if (plays.length === 0) this.byAddress.delete(address);
    else this.byAddress.set(address, plays.map((play) => ({ ...play })));
  }

  next(address) {
    if (this.byAddress.size === 0) return null;
    for (const key of [address, '*']) {
      const plays = this.byAddress.get(key);
      if (!plays) continue;
      const [play] = plays;
      if (play.times !== undefined) {
        play.times -= 1;
        if (play.times <= 0) plays.shift();
        if (plays.length === 0) this.byAddress.delete(key);
      }
      return play;
    }
    return null;
  }
}

export async function obey(commands) {
  console.log(JSON.stringify({ ready: true }));
  for await (const line of createInterface({ input: process.stdin })) {
    const [[name, given]] = Object.entries(JSON.parse(line));
    let answer;
    try {
      answer = { result: (await commands[name](given)) ?? null };
    } catch (error) {
      answer = { error: String(error.stack) };
    }
    console.log(JSON.stringify(answer));
  }
  process.exit(0);
}
