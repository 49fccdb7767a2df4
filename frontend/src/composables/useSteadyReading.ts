import { watchThrottled } from '@vueuse/core'
import { computed, readonly, shallowRef, type Ref } from 'vue'
import type { ToneEvent } from '../events'

/** ms between two changes of what stands there, at least: enough to read a label. */
export const STEADY_FOR = 1000

export interface SteadyReading {
  /** What to show. */
  shown: Readonly<Ref<ToneEvent | null>>
  /** It stands still because the person wants to read it in peace. */
  held: Readonly<Ref<boolean>>
  /** A newer reading waits behind the held one. */
  newer: Readonly<Ref<boolean>>
  hold: () => void
  release: () => void
}

/** The newest reading, changing at most about once a second, and not at all while it is held. */
export function useSteadyReading(newest: Readonly<Ref<ToneEvent | null>>): SteadyReading {
  const steady = shallowRef(newest.value)
  watchThrottled(newest, tone => (steady.value = tone), { throttle: STEADY_FOR, leading: true, trailing: true })
  const kept = shallowRef<ToneEvent | null>(null)
  const held = computed(() => kept.value !== null)

  return {
    shown: computed(() => {
      // A session that was forgotten or begun anew is not shown any longer, not even for a second.
      if (!newest.value) return null
      return kept.value ?? steady.value ?? newest.value
    }),
    held: readonly(held),
    newer: computed(() => held.value && newest.value?.id !== kept.value?.id),
    hold: () => (kept.value = steady.value ?? newest.value),
    release: () => (kept.value = null),
  }
}
