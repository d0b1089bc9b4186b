import type { DeviceAddress } from '../device-address.ts';

export const SCOOTER: DeviceAddress = { address: 'c8:f0:9e:00:00:01', type: 'random' };
export const OTHER_SCOOTER: DeviceAddress = { address: 'c8:f0:9e:00:00:02', type: 'random' };
export const PI: DeviceAddress = { address: 'b8:27:eb:00:00:01', type: 'public' };
export const OTHER_PI: DeviceAddress = { address: 'b8:27:eb:00:00:02', type: 'public' };
