/** Trouble messages in English: what happened, and what to do about it. */

import type { TroubleCode } from '../../server/trouble'

export const troubles: Record<TroubleCode, string> = {
  'insecure-page':
    'Browsers allow the microphone only over a secure connection. Open this page over https, or on this computer at localhost.',
  'microphone-denied':
    'This page is not allowed to use the microphone. Allow it in the browser’s site settings (the icon beside the address), then press Start again.',
  'microphone-missing': 'No microphone was found. Plug one in, then press Start again. Or play a recording instead.',
  'microphone-busy':
    'The microphone could not be opened. Another program may be using it: close that program, then press Start again.',
  'microphone-lost': 'The microphone was disconnected. Plug it in again; listening then resumes by itself.',
  'microphone-asked':
    'The browser is waiting for permission to use the microphone. Respond to its prompt near the address bar, or press Cancel.',
  'sound-stuck':
    'The browser could not start its audio output. Connect speakers or headphones (Firefox needs them even to listen), then press Start again or reload the page.',
  'page-incomplete': 'A part of this page could not be loaded. Check the connection, then reload the page.',
  'audio-unsupported': 'This browser does not support live audio. Use an up-to-date version of Firefox, Chrome, Edge or Safari.',
  'recording-unreadable': 'This file could not be read as sound. WAV, MP3 and FLAC files work; the file may be damaged.',
  'recording-too-long': 'This file is too large to open in a page. Choose one under 300 MB, or a shorter part of this one.',
  'sample-missing': 'The sample could not be loaded. Check the connection, then try again.',
  offline: 'This device is offline. Listening resumes by itself once there is a connection; you do not need to do anything.',
  'server-away': 'The server is not answering at the moment. The page keeps trying; you do not need to do anything.',
  'server-full':
    'The server is following as many conversations as it can. The page keeps trying; listening begins as soon as there is room.',
  'no-worker':
    'The server is up, but audio is not being analysed yet. Analysis starts by itself; what is sent until then is kept.',
  'sound-refused': 'The server is not accepting sound at the moment. The page keeps trying; what has not been sent yet is kept.',
  'session-ended':
    'The server ended this session, because it heard nothing from this page for a while. Press Start for a new one.',
  'session-unknown': 'The server no longer has this session. Press Start for a new one.',
  'link-unknown':
    'This link no longer works: sharing was ended, the session was erased, or the session expired. Ask the person who shared it for a new one.',
  'link-broken': 'This link is incomplete. Copy all of it again, or ask the person who shared it to send it again.',
  'taken-over': 'Another page is now sending this session’s sound, so this one has stopped.',
  refused: 'The server did not accept this. Reload the page; if it happens again, tell the operator of this server.',
  'key-missing': 'This server needs a key. Enter yours below, then press Start again.',
  'key-invalid':
    'The server does not accept this key, or no longer does. Check it, or ask the person who gave it to you; then press Start again.',
  'too-often': 'Too many requests came from this connection. Wait a minute, then try again.',
  licence:
    'This server has no licence key, so the session was not kept. It stays readable for the usual time, and the downloads work.',
}

/** Service messages by code. None: the server's own text is English. */
export const services: Record<string, string> = {}
