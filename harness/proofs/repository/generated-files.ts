import { targetTable } from '../../fuzz/document.ts';
import { guaranteesPage, GUARANTEES_PAGE } from '../../guarantees/document.ts';
import { pageText, PAGE } from '../../planted-bugs/document.ts';
import { loadBugs } from '../../planted-bugs/load.ts';
import { readRecords } from '../../planted-bugs/records.ts';
import { replaceGenerated } from '../../report/markdown.ts';
import { formatConfig } from '../../scenario/format/example-config.ts';
import { reference } from '../../scenario/format/reference.ts';
import { modelTables } from '../models/document.ts';
import { defectTable } from '../noble-defects/document.ts';
import { quirkTable } from './quirk-table.ts';

/** The files of the repository that are generated, as a whole or in part: path, and text from the text of today. */
export const GENERATED_FILES: Readonly<Record<string, (text: string) => string>> = {
  [GUARANTEES_PAGE]: (text) => guaranteesPage(text, readRecords()),
  'docs/fuzzing.md': (text) => replaceGenerated(text, targetTable()),
  'docs/link.md': (text) => replaceGenerated(text, defectTable()),
  'docs/models.md': (text) => replaceGenerated(text, modelTables()),
  [PAGE]: (text) => pageText(text, loadBugs(), readRecords()),
  'docs/scenarios.md': (text) => replaceGenerated(text, reference()),
  'docs/simulator.md': (text) => replaceGenerated(text, quirkTable()),
  'martinete.toml': () => formatConfig(),
};
