import { isRecord } from '../wire/guard.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A value that is nested deeper stays as it is below that: the check refuses such a request. */
const maxDepth = 1_000;

/**
 * Returns a `functionResponse` in the form that `generateContent` takes: lone surrogates are replaced, and `$ref` is renamed
 * to `$$ref`. In a result the API takes that field for the name of a file beside it, and refuses any other value; so a name
 * of such a file stays. Returns the same object if nothing changed.
 */
export function tidyResponse<Response extends object>(functionResponse: Response): Response {
  const { response, parts } = functionResponse as Fields;
  const names = new Set(Array.isArray(parts) ? parts.map(displayNameOf) : []);
  const tidy = copyOf(response, names, 0);
  return tidy === response ? functionResponse : { ...functionResponse, response: tidy };
}

/** Returns a value without lone surrogates, which no API takes. Returns the same value if it has none. */
export function wellFormed<Value>(value: Value): Value {
  return copyOf(value, undefined, 0) as Value;
}

function displayNameOf(part: unknown): unknown {
  const { inlineData, fileData } = isRecord(part) ? part : {};
  const file = inlineData ?? fileData;
  return isRecord(file) ? file['displayName'] : undefined;
}

/** `names` are the values that `$ref` may have; without them it is a field like any other. */
function copyOf(value: unknown, names: ReadonlySet<unknown> | undefined, depth: number): unknown {
  if (typeof value === 'string') return value.isWellFormed() ? value : value.toWellFormed();
  if (typeof value !== 'object' || value === null || depth > maxDepth || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => copyOf(item, names, depth + 1));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let isSame = true;
  const fields = Object.entries(value).map(([name, field]): [string, unknown] => {
    const isRenamed = name === '$ref' && names !== undefined && (typeof field !== 'string' || !names.has(field));
    const copy: [string, unknown] = [isRenamed ? '$$ref' : name.toWellFormed(), copyOf(field, names, depth + 1)];
    if (copy[0] !== name || copy[1] !== field) isSame = false;
    return copy;
  });
  return isSame ? value : Object.fromEntries(fields);
}
