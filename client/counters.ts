/** Counters of one process, published on `<base>/health`. */
export class Counters {
  /** Successful connections to the broker. */
  brokerConnects = 0;
  /** Failed attempts to connect to the broker. */
  brokerFailures = 0;
  /** Logins to the scooter. */
  logins = 0;
  /** Links to the scooter that were lost or could not be established. */
  linksLost = 0;
  /** Samples that were written to the disk. */
  stored = 0;
}
