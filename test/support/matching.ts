/** Asymmetric matchers typed as what they are in an expectation: something unknown. */
export const aText: unknown = expect.any(String);
export const aNumber: unknown = expect.any(Number);
export const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern);
