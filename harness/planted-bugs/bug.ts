import { z } from 'zod';

const FILE = /^(?:client|protocol)\/(?:[\w-]+\/)*[\w-]+\.ts$/;
const ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

const EDIT = z.strictObject({
  file: z
    .string()
    .regex(FILE, 'expected a TypeScript file of client/ or protocol/, such as "client/wait.ts"'),
  find: z.string().min(1, 'expected a text that occurs exactly once in the file'),
  replace: z.string(),
});

const BUG = z.strictObject({
  id: z.string().regex(ID, 'expected lower-case words with hyphens, such as "acks-before-store"'),
  about: z.string().min(1, 'expected a sentence that says what the client does wrong'),
  seen: z.url({ protocol: /^https$/, error: 'expected the https address of a public report' }).optional(),
  edit: z.array(EDIT).min(1, 'expected at least one [[bug.edit]]'),
});

/** A file of planted bugs. */
export const BUG_FILE = z.strictObject({ bug: z.array(BUG).min(1, 'expected at least one [[bug]]') });

/** A replacement of a text that occurs exactly once in a file. */
export type Edit = Readonly<z.infer<typeof EDIT>>;

/** A deliberate defect of the client or of the protocol. */
export interface Bug {
  readonly id: string;
  /** What the client does wrong, in one sentence. */
  readonly about: string;
  /** A public report of a bug of this kind. */
  readonly seen?: string | undefined;
  readonly edits: readonly Edit[];
  /** Name of its file without extension. */
  readonly set: string;
}
