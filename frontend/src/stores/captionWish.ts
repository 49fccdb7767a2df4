import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { useSettings } from './settings'

/** Whether the next session is to have captions, and in which language. What a person chose is kept. */
export const useCaptionWish = defineStore('captionWish', () => {
  const settings = useSettings()
  /** False once the server has said that it writes down no words. */
  const offered = shallowRef(true)

  const on = computed({
    get: () => settings.kept.captions ?? offered.value,
    set: chosen => (settings.kept.captions = chosen),
  })
  /** For the start of a session: what the switch shows, so that nothing is written down while it is off. */
  const sent = computed(() => ({
    words: on.value,
    language: on.value && settings.kept.spoken !== 'auto' ? settings.kept.spoken : null,
  }))

  /** Takes the server's answer; true when captions were asked for in vain. */
  function answer(words: boolean): boolean {
    const inVain = on.value && !words
    if (inVain) offered.value = false
    return inVain
  }

  return { on, sent, answer }
})
