/** One measured number, and what it should be. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  readonly target?: { readonly atLeast: number } | { readonly below: number };
}

/** Whether a figure reaches its target; one without a target explains another. */
export function meetsTarget({ measured, target }: Figure): boolean {
  if (!target) return true;
  return 'atLeast' in target ? measured >= target.atLeast : measured < target.below;
}

const format = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** The row of a figure in a Markdown table. */
export function markdownRow(figure: Figure): string {
  const { what, unit, measured, target } = figure;
  const cells = [what, `${format.format(measured)} ${unit}`];
  if (!target) return `| ${[...cells, '', ''].join(' | ')} |`;
  const bound =
    'atLeast' in target ? `≥ ${format.format(target.atLeast)}` : `< ${format.format(target.below)}`;
  return `| ${[...cells, `${bound} ${unit}`, meetsTarget(figure) ? 'yes' : 'no'].join(' | ')} |`;
}

/** The middle one of some measurements, of which there is an odd number. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
