import { caption as de } from './de/caption'
import { caption as en } from './en/caption'
import { inLanguage } from './inLanguage'

/** What the captions say. */
export const caption = inLanguage({ en, de })
