import { NORDIC_UART } from '../../../protocol/gatt.ts';
import type { Radio } from '../../world/radio/radio.ts';
import type { AttTap } from '../../world/radio/att-tap.ts';

/** Opcodes of the attribute protocol (Bluetooth Core Vol 3 Part F, 3.4). */
const OPCODE = {
  error: 0x01,
  readByTypeResponse: 0x09,
  readResponse: 0x0b,
  readByGroupRequest: 0x10,
  readByGroupResponse: 0x11,
  writeCommand: 0x52,
} as const;
/** Requests of a discovery, by opcode: Find Information, Read By Type, Read By Group Type. */
const DISCOVERY_REQUESTS: readonly number[] = [0x04, 0x08, 0x10];
const FIRST_HANDLE = 0x0001;
const LAST_HANDLE = 0xffff;
/** Handles after those of the scooter's own services. */
const FIRST_FREE_HANDLE = 0x1000;
/** Entries with a UUID of 16 bits that fit into a response with the default MTU. */
const SERVICES_PER_RESPONSE = 3;
const SERVICE_BYTES = 6;
/** A UUID that is not assigned. */
const OTHER_SERVICE = 0xfff0;
/** Property of a characteristic that takes writes without response (Bluetooth Core Vol 3 Part G, 3.3.1.1). */
const WRITE_WITHOUT_RESPONSE = 0x04;
/** A characteristic declaration in a response: length of an entry, handle, properties, value handle, UUID. */
const DECLARATION = { opcode: 0, properties: 4, valueHandle: 5, uuid: 7 } as const;
const WRITE_UUID = Buffer.from(NORDIC_UART.write.replaceAll('-', ''), 'hex').reverse();

/**
 * Makes some requests of a discovery fail: they ask for the last handle only, so that the scooter answers with an error.
 * @param fails draws whether a request fails.
 */
export function failingDiscovery(scooter: Radio, fails: () => boolean): AttTap {
  return (packet, to) => {
    if (to !== scooter || !DISCOVERY_REQUESTS.includes(packet[0] ?? 0) || !fails()) return packet;
    const changed = Buffer.from(packet);
    changed.writeUInt16LE(LAST_HANDLE, 1);
    changed.writeUInt16LE(LAST_HANDLE, 3);
    return changed;
  };
}

/** Makes a scooter list a number of further services. */
export function furtherServices(scooter: Radio, count: number): AttTap {
  let listed = 0;
  return (packet, to) => {
    if (to === scooter) {
      const begins = packet[0] === OPCODE.readByGroupRequest && packet.readUInt16LE(1) === FIRST_HANDLE;
      if (begins) listed = 0;
      return packet;
    }
    const isEndOfList = packet[0] === OPCODE.error && packet[1] === OPCODE.readByGroupRequest;
    if (!isEndOfList || listed === count) return packet;
    const entries: Buffer[] = [];
    for (; listed < count && entries.length < SERVICES_PER_RESPONSE; listed++) {
      const handle = FIRST_FREE_HANDLE + listed;
      entries.push(Buffer.from(Uint16Array.of(handle, handle, OTHER_SERVICE).buffer));
    }
    return Buffer.concat([Buffer.of(OPCODE.readByGroupResponse, SERVICE_BYTES), ...entries]);
  };
}

/** Makes what is read of a scooter a byte shorter. */
export function shortenedReads(scooter: Radio): AttTap {
  return (packet, to) =>
    to !== scooter && packet[0] === OPCODE.readResponse && packet.length > 1
      ? packet.subarray(0, -1)
      : packet;
}

/** UUIDs that are not assigned, of both lengths. */
const OTHER_UUID = { 2: Buffer.of(0xf1, 0xff), 16: Buffer.alloc(16, 0xf1) } as const;
const HEADER_BYTES = 2;
/** Handle, properties and value handle in an entry, before its UUID. */
const ENTRY_HEADER_BYTES = DECLARATION.uuid - HEADER_BYTES;

/** Makes a discovery of a scooter find another characteristic in place of one. @param uuid two or sixteen bytes, in wire order */
export function withoutCharacteristic(scooter: Radio, uuid: Buffer): AttTap {
  const other = uuid.length === 2 ? OTHER_UUID[2] : OTHER_UUID[16];
  const entryBytes = ENTRY_HEADER_BYTES + uuid.length;
  return (packet, to) => {
    if (to === scooter || packet[0] !== OPCODE.readByTypeResponse || packet[1] !== entryBytes) return packet;
    const changed = Buffer.from(packet);
    for (let at = DECLARATION.uuid; at + uuid.length <= changed.length; at += entryBytes) {
      if (changed.subarray(at, at + uuid.length).equals(uuid)) other.copy(changed, at);
    }
    return changed;
  };
}

/** Makes the UART of a scooter take writes with response only, for connections whose discovery says so. */
export function writesWithResponseOnly(scooter: Radio): AttTap {
  let handle: number | undefined;
  return (packet, to) => {
    if (to === scooter) {
      const isIgnored = packet[0] === OPCODE.writeCommand && packet.readUInt16LE(1) === handle;
      return isIgnored ? undefined : packet;
    }
    if (packet[0] !== OPCODE.readByTypeResponse || !packet.subarray(DECLARATION.uuid).equals(WRITE_UUID))
      return packet;
    handle = packet.readUInt16LE(DECLARATION.valueHandle);
    const changed = Buffer.from(packet);
    changed.writeUInt8(
      changed.readUInt8(DECLARATION.properties) & ~WRITE_WITHOUT_RESPONSE,
      DECLARATION.properties,
    );
    return changed;
  };
}
