import { useIntervalFn } from '@vueuse/core'
import { readonly, shallowRef, watch, type Ref } from 'vue'
import { checkReady } from '../api'

const EVERY = 10_000

export interface Readiness {
  /** False while the server says that it cannot classify. */
  ready: Readonly<Ref<boolean>>
}

/** Asks the server now and then, while `active`, whether a worker is alive: acknowledged sound alone does not say so. */
export function useReadiness(active: Readonly<Ref<boolean>>): Readiness {
  const ready = shallowRef(true)

  async function ask(): Promise<void> {
    ready.value = await checkReady().then(() => true, () => false)
  }

  const timer = useIntervalFn(ask, EVERY, { immediate: false })
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
  return { ready: readonly(ready) }
}
