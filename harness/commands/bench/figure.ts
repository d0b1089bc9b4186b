/** A measured number and its target. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly measured: number;
  readonly target?: { readonly atLeast: number } | { readonly below: number };
}

/** Whether a figure reaches its target. A figure without a target always does. */
export function meetsTarget({ measured, target }: Figure): boolean {
  if (!target) return true;
  return 'atLeast' in target ? measured >= target.atLeast : measured < target.below;
}

const format = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** Formats a figure as row of a Markdown table. */
export function markdownRow(figure: Figure): string {
  const { what, unit, measured, target } = figure;
  const cells = [what, `${format.format(measured)} ${unit}`];
  if (!target) return `| ${[...cells, '', ''].join(' | ')} |`;
  const bound =
    'atLeast' in target ? `≥ ${format.format(target.atLeast)}` : `< ${format.format(target.below)}`;
  return `| ${[...cells, `${bound} ${unit}`, meetsTarget(figure) ? 'yes' : 'no'].join(' | ')} |`;
}

/** Median of an odd number of values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
