import { describe, expect, it } from 'vitest';
import { brokerAddress } from './address.ts';

describe('the address of a broker', () => {
  it.each([
    ['tcp://127.0.0.1:1883', 'mqtt://127.0.0.1:1883', false],
    ['mqtt://broker.example', 'mqtt://broker.example', false],
    ['ssl://broker.example:8883', 'mqtts://broker.example:8883', true],
    ['mqtts://[2001:db8::1]:8883', 'mqtts://[2001:db8::1]:8883', true],
    ['ws://broker.example/mqtt', 'ws://broker.example/mqtt', false],
    ['wss://broker.example/mqtt?token=1', 'wss://broker.example/mqtt?token=1', true],
  ])('%s is passed to mqtt.js as %s', (broker, url, isEncrypted) => {
    expect(brokerAddress(broker)).toMatchObject({ url, isEncrypted, username: '', password: '' });
  });

  it('is passed on without user name and password, which are decoded', () => {
    expect(brokerAddress('mqtt://jane:a%3Ab%40c@broker.example:1883')).toMatchObject({
      url: 'mqtt://broker.example:1883',
      username: 'jane',
      password: 'a:b@c',
    });
  });

  it.each([
    ['mqtt://jane:100%sure@broker.example', '100%sure'],
    ['mqtt://jane:a@b@broker.example', 'a@b'],
  ])('accepts the password of %s although it is not percent-encoded', (broker, password) => {
    expect(brokerAddress(broker)).toMatchObject({ url: 'mqtt://broker.example', password });
  });

  it('is logged without anything that may be secret', () => {
    const { redacted } = brokerAddress('wss://jane:s3cret@broker.example:9001/mqtt?token=t0ken#fr4gment');
    expect(redacted).toBe('wss://broker.example:9001/mqtt');
  });

  it.each(['tcp', 'mqtt', 'ssl', 'mqtts', 'ws', 'wss'])(
    'is logged with the scheme %s of the file',
    (scheme) => {
      expect(brokerAddress(`${scheme}://broker.example:9001/x`).redacted).toBe(
        `${scheme}://broker.example:9001/x`,
      );
    },
  );
});
