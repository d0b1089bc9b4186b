/** Last levels of the client's own topics under `base_topic`. */
export const BASE_LEVELS = ['live', 'status', 'scooter', 'health'] as const;

/**
 * `base_topic` when it is not given: the topic without its last level. A topic of one level has nothing above
 * it and is its own base.
 */
export function baseTopicOf(topic: string): string {
  return topic.replace(/\/*[^/]*$/, '') || topic;
}
