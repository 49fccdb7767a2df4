import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { describeModel } from '../server/api'
import { useSettings } from './settings'

/** Whether the next session is to have captions, and in which language. What a person chose is kept. */
export const useCaptionWish = defineStore('captionWish', () => {
  const settings = useSettings()
  /** Whether the server writes words down; null until it has said so. */
  const offered = shallowRef<boolean | null>(null)

  const on = computed({
    get: () => settings.kept.captions ?? offered.value ?? true,
    set: chosen => (settings.kept.captions = chosen),
  })
  /** For the start of a session. Null leaves it to the server: nobody has chosen, and it has not said what it can do. */
  const sent = computed(() => ({
    words: settings.kept.captions ?? offered.value,
    language: on.value && settings.kept.spoken !== 'auto' ? settings.kept.spoken : null,
  }))

  /** Asks the server whether it writes words down. Without an answer, the first session tells. */
  async function ask(): Promise<void> {
    const { words } = await describeModel().catch(() => ({ words: undefined }))
    if (words !== undefined) offered.value = words !== null
  }

  /** Takes the server's answer to a start; true when a person had asked for captions in vain. */
  function answer(words: boolean): boolean {
    const wanted = on.value
    if (wanted) offered.value = words
    return settings.kept.captions === true && !words
  }

  return { on, sent, ask, answer }
})
