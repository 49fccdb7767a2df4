import { createPinia } from 'pinia'
import { createApp, type App as Application } from 'vue'
import App from './App.vue'
import 'virtual:uno.css'
import './page.css'
import processorUrl from './audio/audio-processor.js?url'
import { keepFilesOut } from './components/frame/keepFilesOut'
import { isLink, linkIn } from './session/listenLink'
import { useSettings } from './stores/settings'
import { t } from './strings'

const linkId = linkIn(location.hash)
keepFilesOut()
// Another fragment is another page.
const shared = isLink(location.hash)
addEventListener('hashchange', () => (linkIn(location.hash) !== linkId || isLink(location.hash) !== shared) && location.reload())

async function page(): Promise<Application> {
  return shared ? createApp((await import('./SharedPage.vue')).default, { linkId }) : createApp(App)
}

async function show(): Promise<void> {
  const app = (await page()).use(createPinia())
  // Scheme, text size and language first: a page that changes under the eyes is no calm page.
  await useSettings().apply(document.documentElement)
  app.mount('#app')
}
show().catch(() => {
  const root = document.querySelector('#app')
  root?.setAttribute('role', 'alert')
  root?.replaceChildren(t.troubles['page-incomplete'])
})

// Into the browser's cache, so that a start while the server is away opens the microphone and waits.
if (!shared) void fetch(processorUrl).catch(() => undefined)

// Only what was built: under the development server it would get between page and tools.
if (import.meta.env.PROD && 'serviceWorker' in navigator) {
  void navigator.serviceWorker.register(`${import.meta.env.BASE_URL}service-worker.js`).catch(() => undefined)
}
