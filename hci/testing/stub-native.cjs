/* global process, Buffer, setInterval, clearInterval */
// Stands where the native socket package stands: a controller that answers every command with success, and whose
// "create connection" blocks its thread, as the native one does in raw mode, until the file STUB_ANSWER is there.
// What it is given is noted in the file STUB_NOTES.

const { EventEmitter } = require('node:events');
const { appendFileSync, existsSync } = require('node:fs');

/** Blocked for longer than any test waits, but not for ever. */
const BLOCKED_AT_MOST_MS = 60_000;
const LOOK_EVERY_MS = 10;
const NO_SUCH_DEVICE = 99;

const OPCODE = { connect: '0d20', burst: '01fc', networkDown: '02fc', switchOff: '03fc' };
const BURST = 50;
/** LE Set Scan Enable, on which somebody is to be heard: the peer that can be connected to. */
const SCAN_ENABLE = '010c200201';
const HEARD = '043e0c0201030006050403020100c4';
const CONNECTED = '043e13010040000000060504030201180000002a0000';

/** What commands return after their status. */
const RESULTS = { '0110': '09000009ffff0000', '0910': '010000eb27b8', '0220': '1b0008', '6c0c': '0100' };

function systemError(code) {
  return Object.assign(new Error(`${code}, some words`), { code });
}

function block() {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let ms = 0; ms < BLOCKED_AT_MOST_MS; ms += LOOK_EVERY_MS) {
    if (existsSync(process.env.STUB_ANSWER)) return;
    Atomics.wait(never, 0, 0, LOOK_EVERY_MS);
  }
}

module.exports = class extends EventEmitter {
  #isUp = true;
  #alive;

  bindRaw(deviceId) {
    if (deviceId === NO_SUCH_DEVICE) throw systemError('ENODEV');
    this.#note(`bindRaw ${deviceId}`);
  }

  bindUser(deviceId) {
    this.#note(`bindUser ${deviceId}`);
  }

  bindControl() {
    this.#note('bindControl');
  }

  isDevUp() {
    return this.#isUp;
  }

  setFilter(filter) {
    this.#note(`setFilter ${Buffer.isBuffer(filter)}`);
  }

  start() {
    this.#alive = setInterval(() => undefined, BLOCKED_AT_MOST_MS);
  }

  stop() {
    clearInterval(this.#alive);
  }

  write(packet) {
    this.#note(packet.toString('hex'));
    const opcode = packet.toString('hex', 1, 3);
    if (opcode === OPCODE.connect) {
      this.#tell(`040f040001${opcode}`);
      block();
      this.#tell(CONNECTED);
    } else if (opcode === OPCODE.networkDown) {
      this.emit('error', systemError('ENETDOWN'));
    } else if (opcode === OPCODE.burst) {
      for (let index = 0; index < BURST; index++) this.emit('data', Buffer.of(4, 0xff, 1, index));
    } else {
      if (opcode === OPCODE.switchOff) this.#isUp = false;
      const result = RESULTS[opcode] ?? packet.toString('hex', 4);
      this.#tell(`040e${(4 + result.length / 2).toString(16).padStart(2, '0')}01${opcode}00${result}`);
      if (packet.toString('hex').startsWith(SCAN_ENABLE)) this.#tell(HEARD);
    }
  }

  #tell(hex) {
    this.emit('data', Buffer.from(hex, 'hex'));
  }

  #note(line) {
    if (process.env.STUB_NOTES) appendFileSync(process.env.STUB_NOTES, `${line}\n`);
  }
};
