import { QUIRKS } from '../../../simulator/firmware/named-quirks.ts';
import { table } from '../../report/markdown.ts';

/** The quirks of real scooters as a Markdown table. */
export function quirkTable(): string {
  const rows = Object.entries(QUIRKS).map(([name, { about, generations, source }]) => [
    `\`${name}\``,
    about,
    generations?.join(', ') ?? 'all',
    source,
  ]);
  return table(['`--quirk`', 'what the scooter does', 'generations', 'source'], rows);
}
