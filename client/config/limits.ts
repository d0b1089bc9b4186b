/** A week: longer waits are the service manager's, which restarts the client. */
export const MAX_WINDOW_S = 604_800;
export const MAX_PAUSE_S = 3600;
/** Ten years. */
export const MAX_AGE_S = 315_360_000;
/** Anything shorter would only keep radio, broker and disk busy. */
export const MIN_PAUSE_S = 0.1;
