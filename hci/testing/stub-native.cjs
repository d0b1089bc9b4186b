/* global process, Buffer, setInterval, clearInterval */
// Replaces the native socket package: a controller that completes every command with success, and whose "create
// connection" blocks its thread, as the native one does in raw mode, until the file STUB_ANSWER exists. Appends all
// calls to the file STUB_NOTES.

const { EventEmitter } = require('node:events');
const { appendFileSync, existsSync } = require('node:fs');

/** Longer than the timeout of any test, so that a forgotten process ends. */
const MAX_BLOCK_MS = 60_000;
const POLL_INTERVAL_MS = 10;
const NO_SUCH_DEVICE = 99;

const OPCODE = { connect: '0d20', burst: '01fc', networkDown: '02fc', switchOff: '03fc' };
const BURST = 50;
/** LE Set Scan Enable, which is followed by an advertising report of the peer. */
const SCAN_ENABLE = '010c200201';
const ADVERTISING_REPORT = '043e0c0201030006050403020100c4';
const CONNECTED = '043e13010040000000060504030201180000002a0000';

/** Return parameters of commands, after the status. */
const RESULTS = { '0110': '09000009ffff0000', '0910': '010000eb27b8', '0220': '1b0008', '6c0c': '0100' };

function systemError(code) {
  return Object.assign(new Error(`${code}, description`), { code });
}

function block() {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let ms = 0; ms < MAX_BLOCK_MS; ms += POLL_INTERVAL_MS) {
    if (existsSync(process.env.STUB_ANSWER)) return;
    Atomics.wait(never, 0, 0, POLL_INTERVAL_MS);
  }
}

module.exports = class extends EventEmitter {
  #isUp = true;
  #alive;

  bindRaw(deviceId) {
    if (deviceId === NO_SUCH_DEVICE) throw systemError('ENODEV');
    this.#log(`bindRaw ${deviceId}`);
  }

  bindUser(deviceId) {
    this.#log(`bindUser ${deviceId}`);
  }

  bindControl() {
    this.#log('bindControl');
  }

  isDevUp() {
    return this.#isUp;
  }

  setFilter(filter) {
    this.#log(`setFilter ${Buffer.isBuffer(filter)}`);
  }

  start() {
    this.#alive = setInterval(() => undefined, MAX_BLOCK_MS);
  }

  stop() {
    clearInterval(this.#alive);
  }

  write(packet) {
    this.#log(packet.toString('hex'));
    const opcode = packet.toString('hex', 1, 3);
    if (opcode === OPCODE.connect) {
      this.#emitPacket(`040f040001${opcode}`);
      block();
      this.#emitPacket(CONNECTED);
    } else if (opcode === OPCODE.networkDown) {
      this.emit('error', systemError('ENETDOWN'));
    } else if (opcode === OPCODE.burst) {
      for (let index = 0; index < BURST; index++) this.emit('data', Buffer.of(4, 0xff, 1, index));
    } else {
      if (opcode === OPCODE.switchOff) this.#isUp = false;
      const result = RESULTS[opcode] ?? packet.toString('hex', 4);
      this.#emitPacket(`040e${(4 + result.length / 2).toString(16).padStart(2, '0')}01${opcode}00${result}`);
      if (packet.toString('hex').startsWith(SCAN_ENABLE)) this.#emitPacket(ADVERTISING_REPORT);
    }
  }

  #emitPacket(hex) {
    this.emit('data', Buffer.from(hex, 'hex'));
  }

  #log(line) {
    if (process.env.STUB_NOTES) appendFileSync(process.env.STUB_NOTES, `${line}\n`);
  }
};
