import { readonly, shallowRef, type Ref } from 'vue'

export interface Notice {
  key: number
  subject: string
  text: string
}

const KEPT = 3

export interface Notices {
  /** Messages that a person may read and close, oldest first; the last few. */
  notices: Readonly<Ref<readonly Notice[]>>
  /** Shows a message; one about the same `subject` gives way to it. */
  notify: (text: string, subject?: string) => void
  dismiss: (key: number) => void
  clear: () => void
}

/** Messages that hinder nothing. */
export function useNotices(): Notices {
  const notices = shallowRef<readonly Notice[]>([])
  let key = 0

  return {
    notices: readonly(notices),
    notify(text, subject = text) {
      notices.value = [...notices.value.filter(notice => notice.subject !== subject), { key: key++, subject, text }].slice(-KEPT)
    },
    dismiss(closed) {
      notices.value = notices.value.filter(notice => notice.key !== closed)
    },
    clear() {
      notices.value = []
    },
  }
}
