import { createPinia, setActivePinia } from 'pinia'
import { createApp, h, nextTick, type Component } from 'vue'

/** A component in a document, as a person would get it. `set` changes its properties, `unmount` takes it away. */
export function mount<Props extends object>(
  component: Component,
  props: Props,
): {
  root: HTMLElement
  set: (change: Partial<Props>) => Promise<void>
  unmount: () => void
} {
  const root = document.createElement('div')
  document.body.append(root)
  const pinia = createPinia()
  setActivePinia(pinia)
  let current = { ...props }
  const app = createApp({ render: () => h(component, current) }).use(pinia)
  const instance = app.mount(root)
  return {
    root,
    async set(change) {
      current = { ...current, ...change }
      instance.$forceUpdate()
      await nextTick()
      await nextTick()
    },
    unmount() {
      app.unmount()
      root.remove()
    },
  }
}
