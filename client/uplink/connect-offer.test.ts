import { describe, expect, it } from 'vitest';
import { OfferRefused, VersionRefused } from './broker-errors.ts';
import { capabilitiesOf } from './capabilities.ts';
import { OfferNegotiation } from './connect-offer.ts';

const UNSUPPORTED = new VersionRefused('Connection refused: unsupported protocol version', true);
const WILL = { topic: 'vehicle/1/status', payload: 'offline', qos: 1, retain: true } as const;

describe('the will', () => {
  it('is no larger than the broker has granted before', () => {
    const negotiation = new OfferNegotiation();
    negotiation.accepted(capabilitiesOf({ retainAvailable: false, maximumQoS: 0 }));
    expect(negotiation.offer(WILL).will).toEqual({ ...WILL, qos: 0, retain: false });
  });

  it('is offered whole to a broker that refuses a version which was accepted before', () => {
    const negotiation = new OfferNegotiation();
    negotiation.accepted(capabilitiesOf({ retainAvailable: false, maximumQoS: 0 }));
    negotiation.failed(UNSUPPORTED);
    expect(negotiation.offer(WILL)).toEqual({ version: 4, will: WILL });
  });

  it('is offered whole to a broker that refuses a version, although another one has refused the will', () => {
    const negotiation = new OfferNegotiation();
    negotiation.failed(new OfferRefused(0x9a));
    expect(negotiation.offer(WILL).will?.retain).toBe(false);
    negotiation.failed(UNSUPPORTED);
    expect(negotiation.offer(WILL)).toEqual({ version: 4, will: WILL });
  });
});
