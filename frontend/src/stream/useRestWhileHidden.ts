import { useDocumentVisibility, useTimeoutFn } from '@vueuse/core'
import { watch, type Ref } from 'vue'
import type { ToneStream } from './useToneStream'

/** ms that a tab has to be out of sight. */
const HIDDEN_FOR = 10_000

/** A tab that only shows readings needs none while it is out of sight; it brings them all once it is seen again. */
export function useRestWhileHidden(stream: Pick<ToneStream, 'rest' | 'refresh'>, onlyShows: Readonly<Ref<boolean>>): void {
  const rest = useTimeoutFn(() => onlyShows.value && stream.rest(), HIDDEN_FOR, { immediate: false })
  watch(useDocumentVisibility(), shown => {
    if (shown === 'hidden') return rest.start()
    rest.stop()
    // A sleep may have cut the events off without telling, too; going on from the last one costs nothing.
    if (onlyShows.value) stream.refresh()
  })
}
