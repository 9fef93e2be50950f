import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HistoryFile } from '../src/chat/history-file.ts';

const history = [{ role: 'user', parts: [{ text: 'My name is Ada.' }] }];
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gemini-stream-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the history file', () => {
  it('is private and complete after a save, without a temporary file beside it', async () => {
    const own = await mkdtemp(join(folder, 'own-'));
    const path = join(own, 'talk.json');
    (await HistoryFile.open(path)).save(history);
    expect((await HistoryFile.open(path)).history).toEqual(history);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(own)).toEqual(['talk.json']);
  });

  it('does not follow a link at the path of its temporary file', async () => {
    const own = await mkdtemp(join(folder, 'link-'));
    const [path, other] = [join(own, 'talk.json'), join(own, 'other.txt')];
    await writeFile(other, 'untouched');
    await symlink(other, `${path}.${process.pid}.tmp`);
    (await HistoryFile.open(path)).save(history);
    expect(await readFile(other, 'utf8')).toBe('untouched');
  });

  it('keeps its old contents after a save that fails, without a temporary file beside it', async () => {
    const own = await mkdtemp(join(folder, 'failed-'));
    const path = join(own, 'talk.json');
    const file = await HistoryFile.open(path);
    file.save(history);
    const circular: Record<string, unknown> = {};
    circular['self'] = circular;
    expect(() => file.save([circular])).toThrow(TypeError);
    expect((await HistoryFile.open(path)).history).toEqual(history);
    expect(await readdir(own)).toEqual(['talk.json']);
  });
});
