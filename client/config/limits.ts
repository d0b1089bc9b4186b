/** One week. A longer wait is up to the service manager, which restarts the client. */
export const MAX_WINDOW_S = 604_800;
export const MAX_PAUSE_S = 3600;
/** Ten years. */
export const MAX_AGE_S = 315_360_000;
/** Shorter pauses would only load radio, broker and disk. */
export const MIN_PAUSE_S = 0.1;
