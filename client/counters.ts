/** Counters of one process, for `<base>/health`. */
export class Counters {
  /** Connections to the broker that came up. */
  brokerConnects = 0;
  /** Attempts to reach the broker that failed. */
  brokerFailures = 0;
  /** Logins to the scooter. */
  logins = 0;
  /** Links to the scooter that were lost, or did not come up. */
  linksLost = 0;
  /** Samples that were written to the disk. */
  stored = 0;
}
