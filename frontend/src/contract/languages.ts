/** Languages that people may choose for the captions: ISO 639-1. */
const CODES = 'en de es fr it pt nl pl sv da cs hu ro el tr ru uk ar hi id vi zh ja ko'.split(' ')

/** `auto`: it is found out from what is heard. */
export const SPOKEN_LANGUAGES: readonly string[] = ['auto', ...CODES]

/** As its own speakers call it. */
export const ownNameOf = (code: string): string => new Intl.DisplayNames([code], { type: 'language' }).of(code) ?? code
