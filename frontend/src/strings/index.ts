/** The language in use. With a second file: choose by navigator.languages here, and nowhere else. */
import { en, type Strings } from './en'

export const t: Strings = en
