import { useIntervalFn } from '@vueuse/core'
import { computed, readonly, shallowRef, watch, type Ref } from 'vue'
import { checkReady } from '../api'

const EVERY = 10_000
/** While people wait for it. */
const EVERY_WHILE_AWAY = 3000

export interface Readiness {
  /** False while the server says that it cannot classify. */
  ready: Readonly<Ref<boolean>>
  /** Something came that only a worker can have said: no need to ask. */
  confirm: () => void
}

/** Asks the server now and then, while `active`, whether a worker is alive: acknowledged sound alone does not say so. */
export function useReadiness(active: Readonly<Ref<boolean>>): Readiness {
  const ready = shallowRef(true)
  let confirmations = 0

  async function ask(): Promise<void> {
    const before = confirmations
    const answer = await checkReady().then(() => true, () => false)
    // An answer that was overtaken, or that nobody waits for any longer, says nothing.
    if (before === confirmations && active.value) ready.value = answer
  }

  function confirm(): void {
    confirmations += 1
    ready.value = true
  }

  const timer = useIntervalFn(ask, computed(() => (ready.value ? EVERY : EVERY_WHILE_AWAY)), { immediate: false })
  watch(active, now => {
    if (now) {
      void ask()
      timer.resume()
    }
    else {
      timer.pause()
      ready.value = true
    }
  })
  return { ready: readonly(ready), confirm }
}
