import { readonly, shallowRef, type Ref } from 'vue'

export interface Notice {
  key: number
  text: string
}

const KEPT = 3

export interface Notices {
  /** Messages that a person may read and close, oldest first; the last few. */
  notices: Readonly<Ref<readonly Notice[]>>
  /** Shows a message; one that already stands there moves to the end. */
  notify: (text: string) => void
  dismiss: (key: number) => void
  clear: () => void
}

/** Messages that hinder nothing. */
export function useNotices(): Notices {
  const notices = shallowRef<readonly Notice[]>([])
  let key = 0

  return {
    notices: readonly(notices),
    notify(text) {
      notices.value = [...notices.value.filter(notice => notice.text !== text), { key: key++, text }].slice(-KEPT)
    },
    dismiss(closed) {
      notices.value = notices.value.filter(notice => notice.key !== closed)
    },
    clear() {
      notices.value = []
    },
  }
}
