import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { licencesPage } from '../scripts/licences.ts';
import { root } from './workspace-packages.ts';

const page = licencesPage();

it('lists what comes along; `pnpm licences:update` writes it anew', () => {
  expect(readFileSync(join(root, 'docs/licences.md'), 'utf8')).toBe(page);
});

it('brings nothing along that may not be used as Apache-2.0 may', () => {
  const licences = [...page.matchAll(/^\| \[.*\| (.+) \|$/gm)].map((match) => match[1]);
  expect(licences.length).toBeGreaterThan(2);
  expect(licences.filter((licence) => !/^(?:MIT|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD)$/.test(licence ?? ''))).toEqual(
    [],
  );
});
