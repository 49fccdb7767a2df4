import { defineAsyncComponent, h, type Component } from 'vue'
import { t } from '../strings'

/** A part that is loaded when it is first shown, and says so where that fails. */
export const later = <Part extends Component>(loader: () => Promise<{ default: Part }>): Part =>
  defineAsyncComponent<Part>({
    loader: loader,
    errorComponent: () => h('p', { role: 'alert' }, t.troubles['page-incomplete']),
  })
