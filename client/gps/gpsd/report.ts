import { z } from 'zod';

/** No height, speed or number of satellites is as large; the conversion of a huge speed would even be infinite. */
const TOO_LARGE = 1e6;

/** A number, or undefined if it is missing or odd: that never invalidates the rest of a report. */
const number = z.number().gt(-TOO_LARGE).lt(TOO_LARGE).optional().catch(undefined);
const text = z.string().optional().catch(undefined);

/**
 * Reports of gpsd: https://gpsd.io/gpsd_json.html. From 3.20 on `altMSL` replaces `alt`.
 */
const REPORTS = {
  /** Position, in degrees, metres and metres a second. */
  TPV: z.object({
    mode: number,
    status: number,
    time: text,
    lat: number,
    lon: number,
    altMSL: number,
    alt: number,
    speed: number,
    track: number,
  }),
  /** Satellites; before 3.20 their numbers have to be counted. */
  SKY: z.object({
    nSat: number,
    uSat: number,
    satellites: z
      .array(z.object({ used: z.boolean().catch(false) }))
      .optional()
      .catch(undefined),
  }),
  DEVICES: z.object({ devices: z.array(z.object({ path: text })).catch([]) }),
  ERROR: z.object({ message: text }),
} as const;

export type Tpv = z.infer<(typeof REPORTS)['TPV']>;

/** `mode` of a fix in two dimensions; below it there is none. */
const MODE_2D = 2;
/** `status` of a position that is not from satellites: dead reckoning, surveyed or entered by hand, simulated. */
const OTHER_STATUSES: readonly (number | undefined)[] = [5, 7, 8];

type ReportClass = keyof typeof REPORTS;

/** A report with its contents, or one whose contents are not needed. */
export type Report =
  | { [Class in ReportClass]: { readonly class: Class } & z.infer<(typeof REPORTS)[Class]> }[ReportClass]
  | { readonly class: 'other' };

/** Each report begins so. */
const START = '{"class":';

/** Parses the report in a line, which garbage may precede; undefined if the line contains none. */
export function parseReport(line: string): Report | undefined {
  const start = line.indexOf(START);
  const value = start < 0 ? undefined : parseJson(line.slice(start));
  if (typeof value !== 'object' || value === null || !('class' in value)) return undefined;
  if (typeof value.class !== 'string') return undefined;
  const known = Object.entries(REPORTS).find(([name]) => name === value.class);
  if (!known) return { class: 'other' };
  const parsed = known[1].safeParse(value);
  return parsed.success ? ({ class: known[0], ...parsed.data } as Report) : undefined;
}

/** Whether a report has a fix; its position may be missing all the same. */
export function hasFix({ mode = 0 }: Tpv): boolean {
  return mode >= MODE_2D;
}

/** Whether a position is from satellites. */
export function isFromSatellites({ status }: Tpv): boolean {
  return !OTHER_STATUSES.includes(status);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
