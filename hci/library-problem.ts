/** Something that went wrong in a Bluetooth library without stopping it. */
export type LibraryProblem =
  /** A packet that the library cannot parse was dropped, or a part of it; `event` unless it was data of the peer. */
  | { readonly kind: 'dropped'; readonly event?: Buffer }
  /** The library, or a listener of it, threw while it handled a packet, whose effects are lost. */
  | { readonly kind: 'threw'; readonly error: unknown }
  /** The library printed a message. */
  | { readonly kind: 'printed'; readonly message: string };

/** Receives the problems of a library; may be called for every packet. */
export type OnLibraryProblem = (problem: LibraryProblem) => void;

/** Rethrows what a library throws, which ends the process, and ignores other problems. */
export const rethrow: OnLibraryProblem = (problem) => {
  if (problem.kind === 'threw') throw problem.error;
};
