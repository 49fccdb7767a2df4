import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import 'virtual:uno.css'
import './page.css'
import { useSettings } from './stores/settings'

const app = createApp(App).use(createPinia())
// Scheme, text size and language first: a page that changes under the eyes is no calm page.
void useSettings().apply(document.documentElement).then(() => app.mount('#app'))

// Only what was built: under the development server it would get between page and tools.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}service-worker.js`).catch(() => undefined)
}
