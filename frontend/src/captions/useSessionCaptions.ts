import { computed, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { useCaptions } from '../stores/captions'
import { useCaptionWish } from '../stores/captionWish'
import { t } from '../strings'

export interface SessionCaptions {
  /** Captions are there, or will be as soon as somebody speaks. */
  captioned: ComputedRef<boolean>
  /** Takes what the server says of a session that begins or goes on. */
  take: (session: { words: boolean }, isNew: boolean) => void
}

/** Whether the session that runs here has captions; says so where they were asked for in vain. */
export function useSessionCaptions(running: Readonly<Ref<boolean>>, notify: (text: string) => void): SessionCaptions {
  const captions = useCaptions()
  const wish = useCaptionWish()
  const words = shallowRef(false)

  watch(running, now => {
    if (!now) captions.hush()
  })
  return {
    captioned: computed(() => captions.any || (words.value && running.value)),
    take(session, isNew) {
      words.value = session.words
      if (isNew && wish.answer(session.words)) notify(t.captions.notOffered)
    },
  }
}
