import { whole as de } from './de/whole'
import { whole as en } from './en/whole'
import { inLanguage } from './inLanguage'

/** The whole session's readings and their corrections. */
export const whole = inLanguage({ en, de })
