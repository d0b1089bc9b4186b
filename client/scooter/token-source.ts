/** The token of the scooter, which may be replaced while the client is running. */
export interface TokenSource {
  /** Whether there is a token, which means that the scooter speaks MiAuth. */
  readonly isPresent: boolean;
  /** Reads the 12-byte token for the next login. @throws ClientError `token_missing` or `config`. */
  read(): Buffer;
  /** The scooter has accepted a token. */
  accepted(token: Buffer): void;
  /** The scooter has refused a token. @returns whether `read` returns another one now. */
  refused(token: Buffer): boolean;
}
