import { shallowRef, watch, type Ref } from 'vue'
import { useSettings } from '../stores/settings'
import { canvasColours, type CanvasColours } from './colours'

/** The colours that a canvas in `root` has to use, anew when scheme or palette change; null before there is a root. */
export function useCanvasColours(root: Readonly<Ref<HTMLElement | null>>): Readonly<Ref<CanvasColours | null>> {
  const settings = useSettings()
  const colours = shallowRef<CanvasColours | null>(null)
  watch([root, () => settings.scheme, () => settings.kept.palette], () => {
    if (root.value) colours.value = canvasColours(root.value)
  }, { flush: 'post', immediate: true })
  return colours
}
