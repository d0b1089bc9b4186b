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
  /** Samples stored in the outbox. */
  stored = 0;
  /** Samples that could not be stored. */
  diskErrors = 0;
}
