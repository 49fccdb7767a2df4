/** What is the matter, in English: what happened, and what to do about it. */

import type { TroubleCode } from '../../trouble'

export const troubles: Record<TroubleCode, string> = {
  'insecure-page':
    'The browser gives sound only to safe pages. Open this page over https, or on this computer as localhost.',
  'microphone-denied':
    'The microphone is not allowed for this page. Allow it in the browser’s site settings (the icon beside the address), then press Start again.',
  'microphone-missing': 'No microphone was found. Plug one in, then press Start again. Or play a recording instead.',
  'microphone-busy':
    'The microphone could not be opened. Another program may be using it: close that program, then press Start again.',
  'microphone-lost': 'The microphone went away. Plug it in again; listening then goes on by itself.',
  'microphone-asked': 'The browser has not given the microphone to this page yet. Answer its question, beside the address, or press Cancel.',
  'sound-stuck':
    'The browser’s sound does not start. Connect a loudspeaker or headphones (Firefox needs one even to listen), then press Start again or reload the page.',
  'page-incomplete': 'A part of this page could not be loaded. Check the connection, then reload the page.',
  'audio-unsupported': 'This browser cannot work with live sound. A current Firefox, Chrome, Edge or Safari can.',
  'recording-unreadable': 'This file could not be read as sound. WAV, MP3 and FLAC files work; the file may be damaged.',
  'recording-too-long': 'This file is too large to open in a page. Choose one below 300 MB, or a shorter part of it.',
  'sample-missing': 'The sample could not be loaded. Check the connection, then try again.',
  offline: 'This device is offline. It goes on by itself as soon as there is a connection; there is nothing you need to do.',
  'server-away': 'The server does not answer at the moment. Trying again by itself; there is nothing you need to do.',
  'server-full':
    'The server is following as many conversations as it can. Trying again by itself; listening begins as soon as there is room.',
  'no-worker': 'The server is up but nothing is reading the sound yet. It goes on by itself as soon as that starts; what is sent until then is kept.',
  'sound-refused': 'The server does not take the sound at the moment. Trying again by itself; what is not sent yet is kept.',
  'session-ended': 'The server ended this session, because it heard nothing from this page for a while. Press Start for a new one.',
  'session-unknown': 'The server no longer has this session. Press Start for a new one.',
  'link-unknown': 'This link leads nowhere any longer: sharing was ended, the session was erased, or its time on the server ran out. Ask whoever shared it for a new one.',
  'link-broken': 'This link is not complete. Copy it again, from its beginning to its end, or ask whoever shared it to send it once more.',
  'taken-over': 'Another page is now sending the sound of this session, so this one stopped.',
  refused: 'The server did not accept this. Reload the page; if it happens again, tell whoever runs this server.',
  'key-missing': 'This server listens only for people who have a key. Enter yours below, then press Start again.',
  'key-invalid': 'The server does not know this key (any longer). Check it, or ask whoever gave it to you; then press Start again.',
  'too-often': 'Too much was asked of the server from this connection. Wait a minute, then try again.',
  licence: 'This server has no licence key, so the session was not kept. It stays readable for the usual time, and the downloads work.',
}

/** What a worker tells of a session's trouble, by its code. None: its own words are English. */
export const services: Record<string, string> = {}
