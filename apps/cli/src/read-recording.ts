import type { Recording } from '@gemini/emulator';
import { readFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

/** The pace of a recording: a file of wire bytes tells no times. */
const delayMs = 120;

/**
 * Reads a recorded stream: a file of server-sent events, as they were on the wire.
 * @throws UsageError when the file cannot be read or holds no event
 */
export async function readRecording(path: string): Promise<Recording> {
  const body = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'no such file' : cause.message;
    throw new UsageError(`cannot read ${path}: ${why}`, { cause });
  });
  if (!/(?:^|[\r\n])data:/.test(body.subarray(0, 1024 * 1024).toString('latin1'))) {
    throw new UsageError(`${path} holds no server-sent events (no line begins with data:)`);
  }
  return { body, chunkBytes: 'event', delayMs };
}
