/** Offsets in an LE Advertising Report event (Bluetooth Core Vol 4 Part E, 7.7.65.2) after the H4 packet type. */
const LENGTH_AT = 2;
const COUNT_AT = 4;
const REPORTS_AT = 5;
/** Size of what precedes the parameters: packet type, event code and length. */
const HEADER_BYTES = 3;

/** Offsets in a report: event type, address type, address, length, data, RSSI. */
const DATA_LENGTH_AT = 8;
const DATA_AT = 9;
const RSSI_BYTES = 1;
const SCAN_RESPONSE = 4;

/** Minimum data of the structures that noble reads without a check, by type (Supplement to the Core, Part A, 1). */
const MIN_DATA_BYTES: Readonly<Record<number, number>> = {
  0x0a: 1, // TX Power Level
  0x16: 2, // Service Data: a UUID of 16 bits, then data
  0x20: 4, // of 32 bits
  0x21: 16, // of 128 bits
};
/** Lists of solicited services. noble throws at one in a scan response if it has not received the device before. */
const SOLICITATIONS: ReadonlySet<number> = new Set([0x14, 0x15, 0x1f]);

/** The part of an event, or of a report, that noble can parse. */
interface Filtered {
  readonly bytes: Buffer;
  /** Whether something else was malformed. */
  readonly isMalformed: boolean;
}

/**
 * Removes what noble cannot parse from an LE Advertising Report event, at which it would skip all later reports: a
 * truncated report, and malformed structures in the others. Returns the event itself if there is nothing to remove.
 */
export function filterReports(event: Buffer): Filtered {
  const count = event.readUInt8(COUNT_AT);
  const reports: Buffer[] = [];
  let isChanged = false;
  let isMalformed = false;
  for (let at = REPORTS_AT; reports.length < count;) {
    const end = at + DATA_AT + (event[at + DATA_LENGTH_AT] ?? event.length) + RSSI_BYTES;
    if (end > event.length) {
      isChanged = isMalformed = true;
      break;
    }
    const report = event.subarray(at, end);
    const filtered = filterStructures(report);
    isChanged ||= filtered.bytes !== report;
    isMalformed ||= filtered.isMalformed;
    reports.push(filtered.bytes);
    at = end;
  }
  return { bytes: isChanged ? withReports(event, reports) : event, isMalformed };
}

function withReports(event: Buffer, reports: readonly Buffer[]): Buffer {
  const changed = Buffer.concat([event.subarray(0, REPORTS_AT), ...reports]);
  changed[LENGTH_AT] = changed.length - HEADER_BYTES;
  changed[COUNT_AT] = reports.length;
  return changed;
}

/** Removes structures from a report. */
function filterStructures(report: Buffer): Filtered {
  const end = report.length - RSSI_BYTES;
  const structures: Buffer[] = [];
  let isChanged = false;
  let isMalformed = false;
  // Like noble, which ignores the rest after a structure that is empty or too long.
  for (let at = DATA_AT; at + 1 < end;) {
    const [length = 0, type = 0] = [report[at], report[at + 1]];
    if (length === 0 || at + 1 + length > end) break;
    const isTooShort = length - 1 < (MIN_DATA_BYTES[type] ?? 0);
    isMalformed ||= isTooShort;
    if (isTooShort || (report[0] === SCAN_RESPONSE && SOLICITATIONS.has(type))) isChanged = true;
    else structures.push(report.subarray(at, at + 1 + length));
    at += 1 + length;
  }
  return { bytes: isChanged ? withStructures(report, structures) : report, isMalformed };
}

function withStructures(report: Buffer, structures: readonly Buffer[]): Buffer {
  const changed = Buffer.concat([report.subarray(0, DATA_AT), ...structures, report.subarray(-RSSI_BYTES)]);
  changed[DATA_LENGTH_AT] = changed.length - DATA_AT - RSSI_BYTES;
  return changed;
}
