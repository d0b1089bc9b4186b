import { afterEach, describe, expect, it } from 'vitest';
import { credentialsOf } from '../../../client/uplink/credentials.ts';
import { MQTT_CONFIG, Rig } from './rig.ts';

const SECRETS = ['pa55-of-the-url', 'us3r-of-the-url', 'pa55-of-the-file', 't0ken-of-the-query'];
const BROKER = `mqtt://${SECRETS[1]}:${SECRETS[0]}@broker.example:1883/path?token=${SECRETS[3]}`;

let rig: Rig;
afterEach(async () => {
  expect(await rig.close(), 'pending timers after the end of the uplink').toBe(0);
});

describe('user name and password', () => {
  it('are never logged, at any level, whatever fails', async () => {
    const config = { ...MQTT_CONFIG, broker: BROKER };
    rig = await Rig.start({
      config,
      credentials: { ...credentialsOf(config, {}), password: SECRETS[2] ?? '' },
    });
    const credentials: unknown[] = [];
    rig.broker.behaviours.add({
      connectReturnCode: ({ username, password }) => {
        credentials.push([username, password]);
        return credentials.length < 3 ? 4 : undefined;
      },
    });
    rig.run();
    await rig.append(5);
    await rig.clock.advance(90_000);
    rig.broker.disconnectAll();
    await rig.clock.advance(10_000);
    rig.broker.stop();
    await rig.clock.advance(60_000);
    expect(credentials[0]).toEqual([SECRETS[1], SECRETS[2]]);
    expect(rig.logText).toContain('"broker":"mqtt://broker.example:1883/path"');
    for (const secret of SECRETS) expect(rig.logText).not.toContain(secret);
  });
});
