import { about as de } from './de/about'
import { about as en } from './en/about'
import { inLanguage } from './inLanguage'

/** About the model. */
export const about = inLanguage({ en, de })
