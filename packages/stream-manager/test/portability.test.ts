import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('../src/', import.meta.url);

it('the package imports nothing of Node, except types for pipeSse, so that it runs in any runtime', () => {
  const imports = globSync('**/*.ts', { cwd: folder }).flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(/^(?:import|export) .*from '(?!\.)(.+)';$/gm)].map(
      ([statement]) => `${file}: ${statement}`,
    ),
  );
  expect(imports.toSorted()).toEqual([
    "sse/serve-sse.ts: import type { IncomingMessage, ServerResponse } from 'node:http';",
    "sse/sse-frames.ts: import { encodeSse } from '@gemini/sse-parser';",
  ]);
});
