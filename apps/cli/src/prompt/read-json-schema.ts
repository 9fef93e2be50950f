import { readFile } from 'node:fs/promises';
import { UsageError } from '../usage-error.ts';

/**
 * Reads a JSON schema from a file.
 * @throws UsageError for a file that cannot be read or holds no JSON object
 */
export async function readJsonSchema(path: string): Promise<object> {
  let schema: unknown;
  try {
    schema = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? 'not JSON' : ((cause as NodeJS.ErrnoException).code ?? 'unreadable');
    throw new UsageError(`cannot use ${path} as a schema: ${why}`, { cause });
  }
  if (typeof schema === 'object' && schema !== null && !Array.isArray(schema)) return schema;
  throw new UsageError(`cannot use ${path} as a schema: expected a JSON object`);
}
