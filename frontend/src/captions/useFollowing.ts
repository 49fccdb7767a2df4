import { useEventListener, useResizeObserver } from '@vueuse/core'
import { readonly, shallowRef, watch, type Ref } from 'vue'

/** Pixels from the end that still count as the end: a line of text half scrolled away. */
const NEAR = 24

export interface Following {
  /** The newest is in view. */
  atEnd: Readonly<Ref<boolean>>
  toEnd: () => void
  /** Runs what adds something above, and leaves what is read where it is. */
  keepPlace: (adds: () => Promise<void>) => Promise<void>
}

/**
 * Keeps the newest in view, but only while a person has not scrolled back.
 *
 * @param box what scrolls
 * @param content in it, of any height
 * @param grows changes whenever something is added
 * @param held nothing moves now
 */
export function useFollowing(
  box: Readonly<Ref<HTMLElement | null>>,
  content: Readonly<Ref<HTMLElement | null>>,
  grows: () => unknown,
  held: Readonly<Ref<boolean>>,
): Following {
  const atEnd = shallowRef(true)

  function toEnd(): void {
    if (!box.value) return
    box.value.scrollTop = box.value.scrollHeight
    atEnd.value = true
  }
  function follow(): void {
    if (atEnd.value && !held.value) toEnd()
  }

  useEventListener(box, 'scroll', () => {
    if (!box.value) return
    const { scrollHeight, scrollTop, clientHeight } = box.value
    atEnd.value = scrollHeight - scrollTop - clientHeight <= NEAR
  })
  watch(grows, follow, { flush: 'post' })
  watch(box, follow, { flush: 'post' })
  useResizeObserver(content, follow)

  async function keepPlace(adds: () => Promise<void>): Promise<void> {
    const below = box.value ? box.value.scrollHeight - box.value.scrollTop : 0
    await adds()
    if (box.value) box.value.scrollTop = box.value.scrollHeight - below
  }

  return { atEnd: readonly(atEnd), toEnd, keepPlace }
}
