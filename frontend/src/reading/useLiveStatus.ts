import { useTimeoutFn } from '@vueuse/core'
import { readonly, shallowRef, type Ref } from 'vue'
import type { LiveStatus } from '../contract/events'

/** ms of quiet that are worth a word: pauses between sentences are not. */
const WORTH_SAYING = 2000

export interface LiveStatusView {
  /** What the worker said last; null before it said anything. */
  live: Readonly<Ref<LiveStatus | null>>
  /** The same, for people: quiet only once it has lasted. */
  settled: Readonly<Ref<LiveStatus | null>>
  hear: (status: LiveStatus) => void
  reset: () => void
}

/** What the worker hears now, at once and at a calm pace. */
export function useLiveStatus(): LiveStatusView {
  const live = shallowRef<LiveStatus | null>(null)
  const settled = shallowRef<LiveStatus | null>(null)
  const quiet = useTimeoutFn(() => (settled.value = live.value), WORTH_SAYING, { immediate: false })

  function show(status: LiveStatus | null): void {
    quiet.stop()
    live.value = settled.value = status
  }

  return {
    live: readonly(live),
    settled: readonly(settled),
    hear(status) {
      if (status.state !== 'silence') return show(status)
      live.value = status
      quiet.start()
    },
    reset: () => show(null),
  }
}
