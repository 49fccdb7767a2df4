/**
 * Lets the page be installed, and says that it is offline when it is. Nothing else is kept: a page from yesterday with
 * a server from today would be worse than none, and readings belong on the server alone.
 */
const SHELL = 'linnet-offline-1'
const FILES = ['offline.html', 'offline.css', 'favicon.svg'].map(name => new URL(name, self.registration.scope).href)

self.addEventListener('install', event => {
  event.waitUntil(caches.open(SHELL).then(shell => shell.addAll(FILES)).then(() => self.skipWaiting()))
})

self.addEventListener('activate', event => {
  const old = caches.keys().then(names => Promise.all(names.filter(name => name !== SHELL).map(name => caches.delete(name))))
  event.waitUntil(old.then(() => self.clients.claim()))
})

self.addEventListener('fetch', event => {
  const { request } = event
  const shown = FILES.includes(request.url)
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match(FILES[0])))
  else if (shown) event.respondWith(fetch(request).catch(() => caches.match(request)))
})
