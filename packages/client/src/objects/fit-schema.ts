import { isRecord } from '../wire/guard.ts';

type Schema = Readonly<Record<string, unknown>>;

/** A schema that Gemini takes, and the constraints that were left out of it. */
export interface FittedSchema {
  readonly schema: Record<string, unknown>;
  /** JSON Pointers to keywords of the given schema that the API does not take: `/properties/age/multipleOf`. */
  readonly dropped: readonly string[];
}

/**
 * Fits a JSON Schema to the keywords that Gemini takes in `responseJsonSchema` and `parametersJsonSchema`. Accepts draft-07
 * and 2020-12, the output of zod, the schemas of MCP servers, and Google's own spelling (`type: 'OBJECT'`, `nullable`).
 * References are replaced by what they refer to, and a schema that contains itself is unrolled twice. Keywords are
 * translated if that is possible (`const`, `oneOf`, `allOf`, `exclusiveMinimum` of integers), and dropped otherwise. The
 * result is never stricter than the schema, so validate with the original.
 * @throws TypeError if it is not an object, or becomes larger than 10,000 schemas
 */
export function fitSchema(schema: object): FittedSchema {
  if (!isRecord(schema)) throw new TypeError(`schema: expected a JSON Schema, got ${typeof schema}`);
  const fitter = new SchemaFitter(schema);
  return { schema: fitter.fit(schema, '', []), dropped: [...fitter.dropped] };
}

/** The most schemas of a result: references to references may multiply. */
const maxSchemas = 10_000;
/** The most levels of a result. */
const maxDepth = 100;
/** How often a schema that contains itself is unrolled. */
const maxUnrolled = 2;

/** Keywords that are kept unchanged. */
const kept: ReadonlySet<string> = new Set([
  'title',
  'description',
  'format',
  'minItems',
  'maxItems',
  'propertyOrdering',
]);

/** Keywords without an effect on what is valid: leaving them out is no loss. */
const annotations: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$anchor',
  '$comment',
  '$defs',
  'definitions',
  'default',
  'example',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  'nullable',
  'contentEncoding',
  'contentMediaType',
]);

const knownTypes: ReadonlySet<string> = new Set(['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']);

class SchemaFitter {
  readonly dropped = new Set<string>();
  readonly #root: Schema;
  #schemas = 0;

  constructor(root: Schema) {
    this.#root = root;
  }

  /** `open` are the schemas that contain this one. */
  fit(given: unknown, path: string, open: readonly object[]): Record<string, unknown> {
    this.#schemas += 1;
    if (this.#schemas > maxSchemas) throw new TypeError(`schema: expected at most ${maxSchemas} schemas, got more`);
    if (given === false) this.dropped.add(path);
    if (!isRecord(given)) return {};
    if (open.length > maxDepth || open.filter((each) => each === given).length > maxUnrolled) {
      this.dropped.add(path);
      return {};
    }
    const inside = [...open, given];
    const { $ref, ...own } = given;
    if ($ref !== undefined) return this.#fitReference($ref, own, path, inside);
    const result: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(own)) {
      if (value !== undefined) this.#fitKeyword(result, name, value, `${path}/${escapePointer(name)}`, inside, own);
    }
    const { allOf } = own;
    if (Array.isArray(allOf))
      for (const [index, each] of allOf.entries()) {
        this.#merge(result, this.fit(each, `${path}/allOf/${index}`, inside), `${path}/allOf/${index}`);
      }
    if (own['nullable'] === true && typeof result['type'] === 'string') result['type'] = [result['type'], 'null'];
    this.#keepKnownRequired(result, path);
    return result;
  }

  #fitReference($ref: unknown, own: Schema, path: string, open: readonly object[]): Record<string, unknown> {
    const target = typeof $ref === 'string' ? this.#resolve($ref) : undefined;
    if (target === undefined) this.dropped.add(`${path}/$ref`);
    const result = target === undefined ? {} : this.fit(target, path, open);
    // Keywords beside a reference, which are usually a description, apply too.
    return Object.keys(own).length === 0 ? result : { ...result, ...this.fit(own, path, open) };
  }

  /** Finds a schema in the same document, by a JSON Pointer (RFC 6901) or an anchor. */
  #resolve($ref: string): unknown {
    if (!$ref.startsWith('#')) return undefined;
    let fragment: string;
    try {
      fragment = decodeURIComponent($ref.slice(1));
    } catch {
      return undefined;
    }
    if (fragment !== '' && !fragment.startsWith('/')) return findAnchor(this.#root, fragment, 0);
    let target: unknown = this.#root;
    for (const segment of fragment.split('/').slice(1)) {
      const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
      if (typeof target !== 'object' || target === null || !Object.hasOwn(target, key)) return undefined;
      target = (target as Schema)[key];
    }
    return target;
  }

  #fitKeyword(
    result: Record<string, unknown>,
    name: string,
    value: unknown,
    path: string,
    open: readonly object[],
    own: Schema,
  ): void {
    const list = (values: readonly unknown[]): unknown[] =>
      values.map((each, index) => this.fit(each, `${path}/${index}`, open));
    if (kept.has(name)) result[name] = value;
    else if (annotations.has(name) || name === 'allOf') return;
    else if (name === 'type') this.#setType(result, value, path);
    else if (name === 'properties' && isRecord(value)) {
      const fields = Object.entries(value).map(([key, each]) => [
        key,
        this.fit(each, `${path}/${escapePointer(key)}`, open),
      ]);
      result['properties'] = Object.fromEntries(fields);
    } else if (name === 'required' && Array.isArray(value)) result['required'] = value;
    else if (name === 'items') {
      // Before draft 2020-12 a list of schemas was that of the first items.
      if (Array.isArray(value)) result['prefixItems'] = list(value);
      else result['items'] = this.fit(value, path, open);
    } else if (name === 'prefixItems' && Array.isArray(value)) result['prefixItems'] = list(value);
    else if ((name === 'anyOf' || name === 'oneOf') && Array.isArray(value)) {
      if (result['anyOf'] === undefined) result['anyOf'] = list(value);
      else this.dropped.add(path);
    } else if (name === 'additionalProperties') {
      result[name] = typeof value === 'boolean' ? value : this.fit(value, path, open);
    } else if (name === 'enum' || name === 'const') this.#setEnum(result, name === 'const' ? [value] : value, path);
    else this.#setBound(result, name, value, path, own);
  }

  /** Google's own types are in capitals. Several types, apart from null, become alternatives. */
  #setType(result: Record<string, unknown>, value: unknown, path: string): void {
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    const types = given.map((type) => (typeof type === 'string' ? type.toLowerCase() : ''));
    const present = types.filter((type) => knownTypes.has(type));
    if (present.length < types.length && !types.includes('type_unspecified')) this.dropped.add(path);
    const others = present.filter((type) => type !== 'null');
    if (others.length <= 1) {
      if (present.length > 0) result['type'] = present.length === 1 ? present[0] : present;
    } else if (result['anyOf'] === undefined) result['anyOf'] = present.map((type) => ({ type }));
    else this.dropped.add(path);
  }

  /** The API takes strings and numbers. */
  #setEnum(result: Record<string, unknown>, value: unknown, path: string): void {
    const values: unknown[] = Array.isArray(value) ? value : [];
    const named = values.filter((each) => typeof each === 'string' || typeof each === 'number');
    if (named.length > 0 && named.length === values.filter((each) => each !== null).length) {
      result['enum'] = named;
      if (named.length < values.length && typeof result['type'] === 'string') result['type'] = [result['type'], 'null'];
    } else {
      this.dropped.add(path);
      const kinds = new Set(values.map((each) => (each === null ? 'null' : typeof each)));
      if (kinds.size === 1 && (kinds.has('boolean') || kinds.has('null'))) result['type'] ??= [...kinds][0];
    }
  }

  #setBound(result: Record<string, unknown>, name: string, value: unknown, path: string, { type }: Schema): void {
    const isNumber = typeof value === 'number';
    // The bounds of safe integers, which zod writes to every integer, say nothing.
    if (isNumber && (name === 'minimum' || name === 'maximum')) {
      if (Math.abs(value) < Number.MAX_SAFE_INTEGER) result[name] ??= value;
    } else if (isNumber && (name === 'exclusiveMinimum' || name === 'exclusiveMaximum')) {
      if (Math.abs(value) >= Number.MAX_SAFE_INTEGER) return;
      const isMinimum = name === 'exclusiveMinimum';
      const isInteger = typeof type === 'string' && type.toLowerCase() === 'integer';
      const next = isMinimum ? Math.floor(value) + 1 : Math.ceil(value) - 1;
      result[isMinimum ? 'minimum' : 'maximum'] = isInteger ? next : value;
      if (!isInteger) this.dropped.add(path);
    } else this.dropped.add(path);
  }

  /** Adds the keywords of a part of `allOf`. Of two values of one keyword the first is kept. */
  #merge(result: Record<string, unknown>, part: Record<string, unknown>, path: string): void {
    for (const [name, value] of Object.entries(part)) {
      const before = result[name];
      if (before === undefined) result[name] = value;
      else if (name === 'properties') result[name] = { ...(value as object), ...(before as object) };
      else if (name === 'required') result[name] = [...new Set([...(before as unknown[]), ...(value as unknown[])])];
      else if (name === 'minimum' || name === 'minItems') result[name] = Math.max(Number(before), Number(value));
      else if (name === 'maximum' || name === 'maxItems') result[name] = Math.min(Number(before), Number(value));
      else if (name !== 'title' && name !== 'description' && JSON.stringify(before) !== JSON.stringify(value)) {
        this.dropped.add(`${path}/${escapePointer(name)}`);
      }
    }
  }

  /** The API refuses a required property that is not declared. */
  #keepKnownRequired(result: Record<string, unknown>, path: string): void {
    const { required, properties } = result;
    if (!Array.isArray(required)) return;
    const known = required.filter(
      (name) => typeof name === 'string' && isRecord(properties) && Object.hasOwn(properties, name),
    );
    if (known.length < required.length) this.dropped.add(`${path}/required`);
    if (known.length === 0) delete result['required'];
    else result['required'] = known;
  }
}

function findAnchor(value: unknown, anchor: string, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > maxDepth) return undefined;
  if ((value as Schema)['$anchor'] === anchor) return value;
  for (const each of Object.values(value)) {
    const found = findAnchor(each, anchor, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
