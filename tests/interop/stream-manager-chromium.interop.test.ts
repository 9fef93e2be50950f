import { expect, it } from 'vitest';
import { openPage } from './open-page.ts';
import { expectedData, serveCutExample } from './stream-manager-example.ts';

it("a browser's own EventSource follows a stream through three cuts, and stays away after the end", async () => {
  await using example = await serveCutExample(3, 8);
  const path = await example.start(60);
  await using _page = openPage(`${example.url}/?follow=${encodeURIComponent(path)}`);
  const { events, ends, opens } = await example.report;
  expect(events.map(([, data]) => data)).toEqual(expectedData(60));
  expect(events.map(([id]) => Number(id.split('-')[1]))).toEqual(events.map((_, index) => index));
  expect(ends).toEqual(['{"status":"completed","eventsCount":62}']);
  expect(opens).toBe(4);
  expect(example.answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 204]);
  expect(example.answers.slice(1).every(({ lastEventId }) => lastEventId !== undefined)).toBe(true);
});
