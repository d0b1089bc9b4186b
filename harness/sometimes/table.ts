import { EXIT } from '../../client/errors.ts';
import { exits, logged } from './log-events.ts';
import type { SometimesEvent } from './sometimes-event.ts';
import {
  lateReplies,
  lostBeforeLogin,
  lostUnsynced,
  publishedByWill,
  sentAgain,
  droppedFor,
} from './trace-events.ts';

const NO_CONNECTION = 'no connection to the scooter (reason ';

/**
 * What a campaign has to reach sometimes: rare paths of the client. A guarantee that holds in thousands of runs proves nothing about a
 * path that none of them takes.
 */
const TABLE = {
  'link-lost-before-login': {
    about: 'a link is lost before the login is accepted',
    times: lostBeforeLogin,
  },
  'login-app-random': {
    about: 'a login ends while the client sends its random number',
    times: logged(`${NO_CONNECTION}Sending the appRandom`),
  },
  'login-device-random': {
    about: 'a login ends while the client waits for the random number of the scooter',
    times: logged(`${NO_CONNECTION}Receiving the deviceRandom`),
  },
  'login-device-confirmation': {
    about: 'a login ends while the client waits for the proof of the scooter',
    times: logged(`${NO_CONNECTION}Receiving the deviceConfirmation`),
  },
  'login-app-confirmation': {
    about: 'a login ends while the client sends its proof',
    times: logged(`${NO_CONNECTION}Sending the appConfirmation`),
  },
  'login-result': {
    about: 'a login ends while the client waits for its result',
    times: logged(`${NO_CONNECTION}Waiting for the result of the procedure`),
  },
  'discovery-interrupted': {
    about: 'a discovery of services takes too long',
    times: logged(`${NO_CONNECTION}Discovering the services`),
  },
  'login-missing': {
    about: 'a device with the address of the scooter offers no login',
    times: logged(`${NO_CONNECTION}The scooter offers no login`),
  },
  'counter-relogin': {
    about: 'the client logs in again because the frame counter is exhausted',
    times: logged('the frame counter is exhausted'),
    outOfReach: 'the counter lasts for days',
  },
  'block-silent': {
    about: 'the scooter does not answer for one block of registers',
    times: logged('the scooter does not answer for '),
  },
  'block-back': {
    about: 'the scooter answers for a block again',
    times: logged('the scooter answers for '),
  },
  'late-reply': {
    about: 'a late reply to a repeated request is discarded',
    times: lateReplies,
  },
  'scooter-held': {
    about: 'another device is suspected to be connected to the scooter',
    times: logged('the scooter advertises but cannot be reached'),
  },
  'adapter-restarted': {
    about: 'the client restarts the Bluetooth adapter',
    times: logged('restarting the Bluetooth adapter'),
  },
  'broker-silent': {
    about: 'the client gives up a connection on which the broker acknowledges nothing',
    times: logged('The broker has acknowledged nothing'),
  },
  'puback-lost': {
    about: 'a sample is published again because its acknowledgement was lost',
    times: sentAgain,
  },
  quarantine: {
    about: 'a sample that the broker refuses is quarantined',
    times: droppedFor('refused'),
  },
  'last-will': {
    about: 'the broker publishes the last will of the client',
    times: publishedByWill,
  },
  'broker-limited': {
    about: 'the broker lacks a feature that the client replaces',
    times: logged('the broker lacks a feature'),
  },
  'disk-lost': {
    about: 'the disk fails while samples are stored',
    times: logged('outbox unavailable'),
  },
  'disk-back': {
    about: 'the disk works again, and the samples in memory are written',
    times: logged('outbox available again'),
  },
  'power-cut-before-sync': {
    about: 'the power fails after a poll and before its sample is synced',
    times: lostUnsynced('power cut'),
  },
  'kill-before-sync': {
    about: 'the client is killed after a poll and before its sample is synced',
    times: lostUnsynced('killed'),
  },
  'receiver-lost': {
    about: 'the GPS receiver is lost',
    times: logged('no GPS receiver'),
  },
  'receiver-garbage': {
    about: 'the GPS receiver sends garbage until the client says so',
    times: logged('received only garbage'),
  },
  'exit-0': { about: 'the client exits on request', times: exits(EXIT.stopped) },
  'exit-69': {
    about: 'the client exits because it has not found the scooter',
    times: exits(EXIT.notFound),
  },
  'exit-71': { about: 'the client exits because of its adapter', times: exits(EXIT.adapterUnusable) },
  'exit-75': {
    about: 'the client exits because the scooter is lost',
    times: exits(EXIT.lostTooLong),
  },
  'exit-77': {
    about: 'the client exits because the scooter refuses its token',
    times: exits(EXIT.tokenRefused),
  },
} as const satisfies Record<string, SometimesEvent>;

/** Id of an event. */
export type EventId = keyof typeof TABLE;

/** All events. */
export const EVENTS: Readonly<Record<EventId, SometimesEvent>> = TABLE;

/** Ids of all events, in the order of the table. */
export const EVENT_IDS = Object.keys(TABLE) as [EventId, ...EventId[]];
