import { useTimeoutFn } from '@vueuse/core'
import { computed, readonly, shallowRef, watch, type Ref } from 'vue'
import type { ToneEvent } from '../contract/events'
import { NOTHING_READ, type CurrentReading } from './useCurrentReading'

/** ms for which what stands there stays, at least: enough to read a label. */
export const STEADY_FOR = 1000

export interface SteadyReading {
  shown: Readonly<Ref<CurrentReading>>
  /** It stands still because the person wants to read it in peace. */
  held: Readonly<Ref<boolean>>
  /** A newer reading waits behind the held one. */
  newer: Readonly<Ref<boolean>>
  hold: () => void
  release: () => void
}

const same = (one: CurrentReading, other: CurrentReading): boolean =>
  one.tone?.id === other.tone?.id && one.current === other.current && one.unclear === other.unclear

/** The newest state of the panel, changing at most once in STEADY_FOR, and not at all while it is held. */
export function useSteadyReading(newest: Readonly<Ref<CurrentReading>>): SteadyReading {
  const steady = shallowRef(newest.value)
  const kept = shallowRef<ToneEvent | null>(null)
  const held = computed(() => kept.value !== null)
  const newer = computed(() => held.value && steady.value.tone?.id !== kept.value?.id)
  const dwell = useTimeoutFn(follow, STEADY_FOR, { immediate: false })

  function follow(): void {
    if (same(steady.value, newest.value)) return
    steady.value = newest.value
    dwell.start()
  }

  watch(newest, now => {
    if (!now.tone && steady.value.tone) {
      // The session was forgotten or another begins: nothing of it stays, held or not, not even for a second.
      kept.value = null
      steady.value = now
      return dwell.start()
    }
    if (!dwell.isPending.value) follow()
  })

  return {
    shown: computed(() => {
      if (!newest.value.tone && steady.value.tone) return NOTHING_READ
      return kept.value ? { tone: kept.value, current: steady.value.current && !newer.value, unclear: false } : steady.value
    }),
    held: readonly(held),
    newer,
    hold: () => (kept.value = steady.value.tone),
    release() {
      kept.value = null
      steady.value = newest.value
      dwell.start()
    },
  }
}
