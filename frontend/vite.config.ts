/// <reference types="vitest/config" />
import type { ClientRequest, IncomingMessage } from 'node:http'
import process from 'node:process'
import vue from '@vitejs/plugin-vue'
import unocss from 'unocss/vite'
import { createLogger, defineConfig, type Logger, type ProxyOptions } from 'vite'
import { precompress } from './precompress.ts'

// The development server's address and where it finds the gateway; an empty value means "not set", as for the gateway.
const port = Number(process.env.LINNET_UI_PORT || 8521)
const host = process.env.LINNET_HOST || '127.0.0.1'
const gateway = process.env.LINNET_GATEWAY_URL || `http://127.0.0.1:${process.env.LINNET_GATEWAY_PORT || 8522}`

// Names under which the page may be opened besides localhost and IP addresses: those of the allowed origins.
const allowedHosts = (process.env.LINNET_ALLOWED_ORIGINS || '')
  .split(',')
  .map(origin => origin.trim())
  .filter(origin => URL.canParse(origin))
  .map(origin => new URL(origin).hostname)

/** So that the gateway can tell the page's own origin from a foreign one, and one client from another. */
function speakForClient(request: ClientRequest, incoming: IncomingMessage): void {
  request.setHeader('x-forwarded-host', incoming.headers.host ?? '') // never what a client claims
  const seen = [incoming.headers['x-forwarded-for'], incoming.socket.remoteAddress].flat().filter(Boolean)
  request.setHeader('x-forwarded-for', seen.join(', '))
}

const toGateway: ProxyOptions = {
  target: gateway,
  changeOrigin: false,
  ws: true,
  configure(proxy) {
    proxy.on('proxyReq', speakForClient)
    // An event stream whose gateway died has to end here too, or the page would wait on it for ever.
    proxy.on('proxyRes', (incoming, _request, response) => incoming.on('close', () => incoming.complete || response.destroy()))
    proxy.on('proxyReqWs', speakForClient)
  },
}

/** Shortens the ids of sessions: a call that fails is logged with its address, and the id in it is a key. */
function discreet(logger: Logger): Logger {
  const shorten = (text: string): string => text.replace(/(\/session\/[^/?\s]{8})[^/?\s]+/g, '$1…')
  const { info, warn, warnOnce, error } = logger
  return Object.assign(logger, {
    info: (text, options) => info(shorten(text), options),
    warn: (text, options) => warn(shorten(text), options),
    warnOnce: (text, options) => warnOnce(shorten(text), options),
    error: (text, options) => error(shorten(text), options),
  } satisfies Partial<Logger>)
}

// As the page's port of the gateway does: gateway/edge/page.py.
const proxy = {
  '/session': toGateway,
  '/voice-profile': toGateway,
  '/model': toGateway,
  '/health': toGateway,
  '/ready': toGateway,
}

/** Not a part that is loaded when it is first shown. */
const isThereFirst = (module: string): boolean =>
  !/\/(strings\/de|timeline|uplot|(src|components)\/captions)\/|\/shared\/words\/[a-z]{2}\.json|\/strings\/(wording|inLanguage|(en\/)?(about|caption|whole))\.|\/(SharedPage|AfterSession|EraseSession|FactsPanel|FactsStrip|KeyField|ListenedNotice|ModelDetails|RecordingProgress|ResumeChoice|SettingChoice|SettingsForm|ShareSession|SpeakerNames|modelSections|useShareLink)\./.test(
    module,
  )

export default defineConfig({
  base: './', // every address is relative, so that the page works behind a path prefix, too
  plugins: [vue(), unocss(), precompress()],
  customLogger: discreet(createLogger()),
  server: { host, port, strictPort: true, proxy, allowedHosts, fs: { allow: ['.', '../shared/words'] } },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    // One piece for all that is there from the first: the compressor finds less in several.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'page', test: isThereFirst }] } } },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'], restoreMocks: true, testTimeout: 30_000, hookTimeout: 60_000 },
})
