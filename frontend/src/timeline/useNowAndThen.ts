import { watchThrottled } from '@vueuse/core'
import { shallowRef, type Ref } from 'vue'

/** ms. Readings come about as often as this in a talk of one; catching up, hundreds come in it. */
const EVERY = 1000

/** `source`, at once at first and then at most once a second: for what is costly to draw and read at leisure. */
export function useNowAndThen<Value>(source: () => Value): Readonly<Ref<Value>> {
  const shown = shallowRef(source())
  watchThrottled(source, value => (shown.value = value), { throttle: EVERY })
  return shown
}
