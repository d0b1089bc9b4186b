/** Pairs of characteristics for writes and notifications: opcodes, parcels, register frames. */
export type Channel = 'upnp' | 'avdtp' | 'uart';
