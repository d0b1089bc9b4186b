import { ClientError } from '../../client/errors.ts';
import type { FuzzTarget } from './target.ts';
import { ADVERTISEMENT_TARGETS } from './targets/advertisements.ts';
import { CIPHER_TARGETS } from './targets/ciphers.ts';
import { CONFIG_TARGETS } from './targets/config.ts';
import { FIRMWARE_TARGETS } from './targets/firmware.ts';
import { FRAME_TARGETS } from './targets/frames.ts';
import { GPS_TARGETS } from './targets/gps.ts';
import { HCI_TARGETS } from './targets/hci.ts';
import { MQTT_TARGETS } from './targets/mqtt.ts';
import { PARCEL_TARGETS } from './targets/parcels.ts';
import { RECORD_TARGETS } from './targets/records.ts';
import { REGISTER_TARGETS } from './targets/registers.ts';

/** All targets. */
export const TARGETS: readonly FuzzTarget[] = [
  ...FRAME_TARGETS,
  ...PARCEL_TARGETS,
  ...REGISTER_TARGETS,
  ...ADVERTISEMENT_TARGETS,
  ...CIPHER_TARGETS,
  ...GPS_TARGETS,
  ...CONFIG_TARGETS,
  ...RECORD_TARGETS,
  ...HCI_TARGETS,
  ...MQTT_TARGETS,
  ...FIRMWARE_TARGETS,
];

/** Returns the target of this name. @throws ClientError `config` if there is none */
export function findTarget(name: string): FuzzTarget {
  const target = TARGETS.find((each) => each.name === name);
  if (target) return target;
  throw new ClientError('config', `There is no target ${name}: --list shows them all`);
}
