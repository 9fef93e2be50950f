/** A quota that is used up, as `google.rpc.QuotaFailure` tells it. */
export interface QuotaViolation {
  readonly quotaId?: string | undefined;
  readonly quotaMetric?: string | undefined;
  readonly quotaValue?: string | undefined;
  readonly quotaDimensions?: Readonly<Record<string, string>> | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/** The violations of every `QuotaFailure` in a `google.rpc.Status`'s details. */
export function quotaViolationsOf(details: readonly unknown[]): QuotaViolation[] {
  return details.flatMap((detail) => {
    const violations = isFields(detail) ? detail['violations'] : undefined;
    return Array.isArray(violations) ? violations.filter((item): item is QuotaViolation => isFields(item)) : [];
  });
}

/** The wait that `google.rpc.RetryInfo` asks for, in milliseconds; `undefined` where there is none. */
export function retryInfoMs(details: readonly unknown[]): number | undefined {
  for (const detail of details) {
    const delay = isFields(detail) ? detail['retryDelay'] : undefined;
    if (typeof delay !== 'string') continue;
    // A protobuf Duration in JSON: decimal seconds and an `s`.
    const seconds = /^(\d+(?:\.\d+)?)s$/.exec(delay)?.[1];
    if (seconds !== undefined) return Math.ceil(Number(seconds) * 1_000);
  }
  return undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
