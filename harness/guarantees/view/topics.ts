import type { Config } from '../../../client/config/schema.ts';

/** The topics of docs/topics.md. */
export type TopicName = 'journal' | 'live' | 'status' | 'scooter' | 'health' | 'dropped';

/** How the messages of a topic are published. */
export interface MessageFormat {
  readonly qos: number;
  readonly retain: boolean;
}

/** QoS and retain flag of each topic: docs/topics.md. */
export const FORMATS: Readonly<Record<TopicName, MessageFormat>> = {
  journal: { qos: 1, retain: false },
  live: { qos: 0, retain: true },
  status: { qos: 1, retain: true },
  scooter: { qos: 1, retain: true },
  health: { qos: 1, retain: true },
  dropped: { qos: 1, retain: false },
};

/** Each topic in full. Not the client's own table: an error in it would then be expected as well. */
export function topicNames({ topic, baseTopic }: Config['mqtt']): ReadonlyMap<string, TopicName> {
  return new Map<string, TopicName>([
    [topic, 'journal'],
    [`${baseTopic}/live`, 'live'],
    [`${baseTopic}/status`, 'status'],
    [`${baseTopic}/scooter`, 'scooter'],
    [`${baseTopic}/health`, 'health'],
    [`${baseTopic}/health/dropped`, 'dropped'],
  ]);
}
