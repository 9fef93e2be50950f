import { expect, it } from 'vitest';
import { proofPage, type ProofReport } from './proof/proof-page.ts';

const section = { claim: 'It holds', extent: '7 cases', failures: 0, minutes: 1.26, link: 'tests/some.test.ts' };
const report: ProofReport = {
  date: '2026-01-31',
  sections: [section],
  skipped: [],
  packages: new Map([['@gemini/client', [['Node 24', undefined]]]]),
};

it('a page of proof names what was tried, how often, and when', () => {
  const page = proofPage(report);
  expect(page).toContain('Last run: 2026-01-31');
  expect(page).toContain('| [It holds](../tests/some.test.ts) | 7 cases | all | 1.3 |');
  expect(page).toContain('| `@gemini/client` | ok |');
  expect(page).toContain('All of it held.');
  expect(page).toContain('Nothing.');
});

it('a page of proof shows each failure, and what was left out', () => {
  const failed = { ...section, failures: 2, without: 'the rest' };
  const page = proofPage({
    ...report,
    sections: [section, failed],
    skipped: [{ claim: 'A soak', reason: 'because of time' }],
    packages: new Map([['@gemini/client', [['Bun', 'it did not start']]]]),
  });
  expect(page).toContain('**2 failed.**');
  expect(page).toContain('| 7 cases | **2 failed** |');
  expect(page).toContain('- It holds: without the rest.');
  expect(page).toContain('- A soak: not run, because of time.');
  expect(page).toContain('| `@gemini/client` | **failed** |');
});
