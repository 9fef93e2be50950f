/** Long enough for a model to answer in more than a few events: fewer than five cannot be told from a buffered answer. */
export const longPrompt = 'Explain in about 150 words why tides follow the moon.';
