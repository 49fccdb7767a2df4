/** Figures as every language writes them. */

/** Never "0 s": what is said to last lasts. */
export const seconds = (value: number): string => `${Math.max(1, Math.round(value))} s`

/** With a minus that is read out as one. */
export const minus = (value: number | string): string => String(value).replace('-', '−')
