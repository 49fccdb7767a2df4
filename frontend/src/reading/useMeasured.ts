import { computed, type ComputedRef, type Ref } from 'vue'
import type { FactsEvent, LiveStatus } from '../contract/events'
import { useReadings } from '../stores/readings'
import { HISTORY_LENGTH } from './useCurrentReading'

export interface Measured {
  /** What is shown is what was measured, and no tone. */
  measuring: ComputedRef<boolean>
  /** The latest, newest first. */
  measured: ComputedRef<FactsEvent[]>
  /** The newest holds of what is heard now. */
  measuredCurrent: ComputedRef<boolean>
}

/**
 * What is measured in a session in which no tone is inferred.
 *
 * @param expected the session was started so, before anything of it was measured
 * @param trusted readings of what is heard now can come
 */
export function useMeasured(
  expected: Readonly<Ref<boolean>>,
  trusted: Readonly<Ref<boolean>>,
  status: Readonly<Ref<LiveStatus | null>>,
): Measured {
  const readings = useReadings()
  return {
    measuring: computed(() => expected.value || (readings.facts.length > 0 && !readings.all.length)),
    measured: computed(() => readings.facts.slice(-HISTORY_LENGTH).reverse()),
    measuredCurrent: computed(() => trusted.value && status.value?.state !== 'silence'),
  }
}
