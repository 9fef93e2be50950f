import { DurableStream, stream as followDurable } from '@durable-streams/client';
import { DurableStreamTestServer } from '@durable-streams/server';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../workspace-packages.ts';
import { writeBetween } from './fetch-cases/case-tables.ts';
import { geminiAnswers, geminiClients } from './peer-tables/gemini-answers.ts';
import { openAiAnswers } from './peer-tables/openai-answers.ts';

const page = join(root, 'docs/what-you-get.md');

const questions: Readonly<Record<keyof typeof geminiAnswers, string>> = {
  unusual: 'an answer written in valid, but unusual ways: read whole',
  cut: 'the connection ends politely in the middle: the caller learns it by',
  blocked: 'the prompt was blocked: the caller learns it by',
  errorInside: 'an error inside the stream: its status is in',
  refusedOnce: 'refused once with 503, by default',
  errorFirst: 'an error in place of the answer, inside a 200, by default',
  lost: 'the connection is lost after a `continuationToken`: the text',
  leaving: '`break` out of the loop: the connection',
};

it('the page shows how each client answers each question', async () => {
  const rows: string[][] = [];
  for (const [name, question] of Object.entries(questions) as [keyof typeof geminiAnswers, string][]) {
    const cells = await Promise.all(Object.values(geminiClients).map((run) => geminiAnswers[name](run)));
    rows.push([question, ...cells, (await openAiAnswers[name]?.()) ?? '–']);
  }
  const heads = ['question', ...Object.keys(geminiClients), '`openai` 7'];
  // In our column nothing is bold.
  expect(rows.filter(([, ours]) => ours?.includes('**'))).toEqual([]);
  if (process.env['CI'] === undefined) {
    const lines = [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
    writeBetween(page, { clients: lines.join('\n') });
  }
  const shown = readFileSync(page, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  for (const row of rows) expect(shown).toContainEqual(row);
});

it('a durable stream is read from its start and from an offset, and does not end if its writer is lost', async () => {
  const server = new DurableStreamTestServer({ port: 0, host: '127.0.0.1' });
  const url = `${await server.start()}/answers/1`;
  try {
    const writer = await DurableStream.create({ url, contentType: 'text/plain' });
    await writer.append('The tide ');
    const late = await followDurable({ url, offset: '-1', live: false });
    expect(await late.text()).toBe('The tide ');
    await writer.append('rises');
    const next = await followDurable({ url, offset: late.offset, live: false });
    expect(await next.text()).toBe('rises');
    // Nothing tells a reader that no more will come: the protocol has no lease of a writer.
    expect(next.streamClosed).toBe(false);
    await writer.close();
    const closed = await followDurable({ url, offset: '-1', live: false });
    expect([await closed.text(), closed.streamClosed]).toEqual(['The tide rises', true]);
  } finally {
    await server.stop();
  }
});
