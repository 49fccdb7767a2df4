import './browserLanguage' // before uPlot
import { useElementSize } from '@vueuse/core'
import UPlot, { type AlignedData, type Options } from 'uplot'
import { onScopeDispose, watch, type Ref } from 'vue'
import 'uplot/dist/uPlot.min.css'
import type { Span } from './span'

export type ChartOptions = Omit<Options, 'width' | 'height'>

/**
 * A chart in `root`, as wide as it, showing `span`. It is rebuilt when `options` change and destroyed with its scope.
 *
 * @param options null while there is nothing to draw
 * @param height CSS pixels
 */
export function useChart(
  root: Readonly<Ref<HTMLElement | null>>,
  options: Readonly<Ref<ChartOptions | null>>,
  data: Readonly<Ref<AlignedData>>,
  span: Readonly<Ref<Span>>,
  height: Readonly<Ref<number>>,
): { redraw: () => void } {
  const { width } = useElementSize(root)
  let chart: UPlot | null = null

  function drop(): void {
    chart?.destroy()
    chart = null
  }

  watch(
    [root, options],
    () => {
      drop()
      if (root.value && options.value) {
        chart = new UPlot(
          { ...options.value, width: width.value || root.value.clientWidth, height: height.value },
          data.value,
          root.value,
        )
      }
    },
    { flush: 'post' },
  )
  watch([width, height], () => width.value && chart?.setSize({ width: width.value, height: height.value }))
  // The options take the range of x from `span`; setting the data asks for it again.
  watch([data, span], () => chart?.setData(data.value), { flush: 'post' })
  onScopeDispose(drop)

  return { redraw: () => chart?.redraw(false) }
}
