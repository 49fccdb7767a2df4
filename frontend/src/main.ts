import { createPinia } from 'pinia'
import { createApp, type App as Application } from 'vue'
import App from './App.vue'
import 'virtual:uno.css'
import './page.css'
import { keepFilesOut } from './keepFilesOut'
import { linkIn } from './listenLink'
import { useSettings } from './stores/settings'

const linkId = linkIn(location.hash)
keepFilesOut()
// Another fragment is another page.
addEventListener('hashchange', () => linkIn(location.hash) !== linkId && location.reload())

async function page(): Promise<Application> {
  return linkId ? createApp((await import('./SharedPage.vue')).default, { linkId }) : createApp(App)
}

async function show(): Promise<void> {
  const app = (await page()).use(createPinia())
  // Scheme, text size and language first: a page that changes under the eyes is no calm page.
  await useSettings().apply(document.documentElement)
  app.mount('#app')
}
void show()

// Only what was built: under the development server it would get between page and tools.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}service-worker.js`).catch(() => undefined)
}
