/** What a schema found wrong: where, and what it says of it. */
export interface ObjectIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * A schema of zod, or of another library that speaks Standard Schema (https://standardschema.dev). `Input` is what the
 * model writes; `Output` what the schema makes of it, with its defaults and transformations.
 */
export interface ObjectSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => ValidationResult<Output> | Promise<ValidationResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: { readonly input: (options: { readonly target: 'draft-2020-12' }) => unknown } | undefined;
  };
}

/** A plain JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>> & { readonly '~standard'?: never };

type ValidationResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** An issue as Standard Schema tells it. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
