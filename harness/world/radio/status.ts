/** Error codes of Bluetooth Core Vol 1 Part F that this controller uses. */
export const STATUS = {
  success: 0x00,
  unknownCommand: 0x01,
  unknownConnection: 0x02,
  keyMissing: 0x06,
  memoryFull: 0x07,
  connectionTimeout: 0x08,
  connectionExists: 0x0b,
  commandDisallowed: 0x0c,
  unsupportedParameter: 0x11,
  invalidParameters: 0x12,
  remoteUserTerminated: 0x13,
  localHostTerminated: 0x16,
  unsupportedRemoteFeature: 0x1a,
  micFailure: 0x3d,
  failedToEstablish: 0x3e,
} as const;
