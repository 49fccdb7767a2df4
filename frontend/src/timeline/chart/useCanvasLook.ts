import { useMediaQuery } from '@vueuse/core'
import { shallowRef, watch, type Ref } from 'vue'
import { useSettings } from '../../stores/settings'
import { canvasIcons, canvasLook, type CanvasLook, type Icons } from './canvasLook'

/** What a canvas in `root` should look like, updated when the settings change; null while there is no root. */
export function useCanvasLook(root: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<CanvasLook | null>> {
  const settings = useSettings()
  const forced = useMediaQuery('(forced-colors: active)')
  const look = shallowRef<CanvasLook | null>(null)
  watch(
    [root, forced, () => settings.scheme, () => settings.kept.palette, () => settings.kept.textSize],
    () => {
      if (root.value) look.value = canvasLook(root.value, forced.value)
    },
    { flush: 'post', immediate: true },
  )
  return look
}

/** The tones' icons in `look`'s colours; null until they are there. */
export function useCanvasIcons(
  root: Readonly<Ref<HTMLElement | null>>,
  look: Readonly<Ref<CanvasLook | null>>,
): Readonly<Ref<Icons | null>> {
  const icons = shallowRef<Icons | null>(null)
  watch(
    look,
    async (now, _, onCleanup) => {
      let late = false
      onCleanup(() => (late = true))
      const found = now && root.value ? await canvasIcons(root.value, now) : null
      if (!late) icons.value = found
    },
    { flush: 'post', immediate: true },
  )
  return icons
}
