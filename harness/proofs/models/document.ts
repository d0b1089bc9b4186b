import { encodeManufacturerData, GENERATIONS, type Generation } from '../../../protocol/advertisement.ts';
import { GRADES, type Fact, type Grade } from '../../../simulator/models/fact.ts';
import type { ModelData, ModelFacts } from '../../../simulator/models/model.ts';
import { MODEL_DATA } from '../../../simulator/models/models.ts';
import { SOURCES, type SourceId } from '../../../simulator/models/sources.ts';
import { table, type Cells } from '../../report/markdown.ts';
import { PROPERTIES, type Property } from './properties.ts';

/** Marks of the grades in the tables. */
const MARKS: Readonly<Record<Grade, string>> = { captured: '●', derived: '○', assumed: '~', unknown: '?' };

/** Facts of one generation of a model. */
type Variant = readonly [Generation, ModelFacts];

interface Model {
  readonly id: string;
  readonly data: ModelData;
  /** Its generations, oldest first. */
  readonly variants: readonly Variant[];
}

const MODELS: readonly Model[] = Object.entries<ModelData>(MODEL_DATA).map(([id, data]) => ({
  id,
  data,
  variants: GENERATIONS.flatMap((generation) => {
    const facts = data.generations[generation];
    return facts ? [[generation, facts] as const] : [];
  }),
}));

const ALL_VARIANTS = MODELS.flatMap(({ variants }) => variants);

/** Whether all models of the same generation have the same fact. */
function isCommon({ of }: Property): boolean {
  return GENERATIONS.every((generation) => {
    const facts = ALL_VARIANTS.filter(([each]) => each === generation).map(([, each]) => of(each));
    return new Set(facts.map((fact) => JSON.stringify(fact))).size === 1;
  });
}

const COMMON = PROPERTIES.filter(isCommon);
const DIFFERENT = PROPERTIES.filter((property) => !COMMON.includes(property));

/** Sources in the order in which the tables cite them. */
class Citations {
  readonly #numbers = new Map<SourceId, number>();

  cite(source: SourceId): string {
    const number = this.#numbers.get(source) ?? this.#numbers.size + 1;
    this.#numbers.set(source, number);
    return `[${number}](#sources)`;
  }

  get list(): string {
    return Array.from(this.#numbers, ([source, number]) => {
      const { text, at } = SOURCES[source];
      const url = at.includes('://') ? at : `../${at}`;
      return `${number}. ${text}: [${at.replace(/^https?:\/\//, '')}](${url})`;
    }).join('\n');
  }
}

/** What is known about the models, as Markdown. */
export function modelTables(): string {
  const citations = new Citations();
  const tables = MODELS.flatMap(({ data, variants }) => [
    `## ${data.name}`,
    factTable(DIFFERENT, variants, citations),
  ]);
  const common = factTable(COMMON, ALL_VARIANTS, citations);
  return [
    ...[legend(), overview()],
    ...tables,
    ...['## Common to all models', common],
    ...['## Sources', citations.list],
  ].join('\n\n');
}

function legend(): string {
  const rows = Object.entries(GRADES).map(([grade, meaning]): Cells => [
    MARKS[grade as Grade],
    grade,
    meaning,
  ]);
  return table(['mark', 'grade', 'meaning'], rows);
}

function overview(): string {
  const rows = MODELS.flatMap(({ id, data, variants }) =>
    variants.map(([generation, { typeByte }]): Cells => {
      const bytes = encodeManufacturerData({ modelType: typeByte.value, generation }).toString('hex');
      const isDefault = generation === data.defaultGeneration;
      return [
        data.name,
        [id, ...(data.aliases ?? [])].map((name) => `\`${name}\``).join(', '),
        `\`${generation}\`${isDefault ? ' (default)' : ''}`,
        `\`${bytes.replace(/..(?=.)/g, '$& ')}\``,
      ];
    }),
  );
  return table(['model', 'id', 'generation', 'manufacturer data'], rows);
}

/** A row for each property, and for each value if generations differ in it. */
function factTable(
  properties: readonly Property[],
  variants: readonly Variant[],
  citations: Citations,
): string {
  const rows = properties.flatMap((property) => rowsOf(property, variants, citations));
  return table(['property', 'value', 'grade', 'source'], rows);
}

function rowsOf(
  { title, of, format }: Property,
  variants: readonly Variant[],
  citations: Citations,
): Cells[] {
  const generations = new Map<string, { fact: Fact<unknown>; names: Set<Generation> }>();
  for (const [generation, facts] of variants) {
    const fact = of(facts);
    if (!fact) continue;
    const same = generations.get(JSON.stringify(fact)) ?? { fact, names: new Set() };
    same.names.add(generation);
    generations.set(JSON.stringify(fact), same);
  }
  return Array.from(generations.values(), ({ fact, names }): Cells => {
    const only = generations.size > 1 ? ` (${[...names].join(', ')})` : '';
    return [`${title}${only}`, format(fact.value), grade(fact), evidence(fact, citations)];
  });
}

const grade = (fact: Fact<unknown>): string => `${MARKS[fact.grade]} ${fact.grade}`;

function evidence({ source, note }: Fact<unknown>, citations: Citations): string {
  return [source && citations.cite(source), note].filter(Boolean).join(' ');
}
