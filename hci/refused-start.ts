/** The part of noble's and bleno's HCI hosts that handles the replies to commands. */
export interface ReplyHandler {
  processCmdCompleteEvent: (opcode: number, status: number, result: Buffer) => void;
}

/**
 * Fails if the adapter rejects the last command of a library's start, of which both libraries ignore the status: they
 * would emit `poweredOn`. Later the command may fail, because another program may be using the adapter in raw mode.
 */
export function failOnRefusedStart(hci: ReplyHandler, opcode: number, fail: (error: Error) => void): void {
  const process = hci.processCmdCompleteEvent.bind(hci);
  let isStarted = false;
  hci.processCmdCompleteEvent = (replied, status, result) => {
    if (replied === opcode && status !== 0 && !isStarted) {
      fail(new Error(`it rejects the command ${hex(opcode)} with status ${hex(status)}`));
      return;
    }
    isStarted ||= replied === opcode;
    process(replied, status, result);
  };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
