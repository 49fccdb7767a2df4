import { t, type Language } from '.'

/** Words of a part that is loaded when it is first shown, in the page's language; used as `t` is. */
export const inLanguage = <Words extends object>(all: Record<Language, Words>): Words =>
  new Proxy(all.en, { get: (_, name: string) => all[t.language as Language][name as keyof Words] })
