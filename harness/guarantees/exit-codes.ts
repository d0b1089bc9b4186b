/**
 * Exit codes of the client: docs/client.md. Not the client's own table: an error in it would then be expected as well.
 */
export const EXIT = {
  stopped: 0,
  notFound: 69,
  adapterUnusable: 71,
  lostTooLong: 75,
  tokenRefused: 77,
  configuration: 78,
  forced: 130,
} as const;
