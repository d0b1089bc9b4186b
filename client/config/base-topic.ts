/** Last levels of the client's own topics under `base_topic`. */
export const BASE_LEVELS = ['live', 'status', 'scooter', 'health', 'health/dropped'] as const;

/** The default of `base_topic`: the topic without its last level. A topic of one level is its own base. */
export function baseTopicOf(topic: string): string {
  return topic.replace(/\/*[^/]*$/, '') || topic;
}
