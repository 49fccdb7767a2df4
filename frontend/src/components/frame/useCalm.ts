import { useTimeoutFn } from '@vueuse/core'
import { readonly, shallowRef, watch, type Ref } from 'vue'

export interface Calm<T> {
  /** ms that something else has to be true before it is shown. */
  settle: number
  /** ms from one change to the next, at least. */
  pace: number
  /** What the person has caused, or waits for, is shown at once. */
  atOnce?: (next: T, shown: T) => boolean
}

/** Follows `source` at a pace at which it can be read, or read out: one true sentence rather than a series. */
export function useCalm<T>(source: () => T, { settle, pace, atOnce = () => false }: Calm<T>): Readonly<Ref<T>> {
  const shown = shallowRef(source()) as Ref<T>
  const wait = shallowRef(settle)
  let changedAt = -Infinity
  const timer = useTimeoutFn(show, wait, { immediate: false })

  function show(): void {
    timer.stop()
    if (Object.is(shown.value, source())) return
    shown.value = source()
    changedAt = Date.now()
  }

  watch(source, next => {
    if (Object.is(next, shown.value)) return timer.stop()
    if (atOnce(next, shown.value)) return show()
    if (timer.isPending.value) return
    wait.value = Math.max(settle, changedAt + pace - Date.now())
    timer.start()
  })
  return readonly(shown) as Readonly<Ref<T>>
}
