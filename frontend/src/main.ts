import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from './App.vue'
import 'virtual:uno.css'
import './page.css'
import { t } from './strings'

document.documentElement.lang = t.language
createApp(App).use(createPinia()).mount('#app')
