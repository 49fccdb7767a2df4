/** About the model, in English. */

export const about = {
  meaning:
    'A tone is a guess from how a voice sounds, compared with the same voice a little earlier. “78%” means that about 78 of 100 such readings are right; the proportion is lower for voices, languages and rooms unlike those in the recordings that the model learned from.',
  cannotTitle: 'What it cannot know',
  cannot: [
    'What someone feels, means or is like. It only picks up how a voice sounds to others, and even people often disagree about that.',
    'Irony or intent. A tone is guessed from the voice alone. Captions may point out that words and voice differ, but never why.',
    'What is usual for a person it has only just heard. The first sentences of a new voice are less certain; and if a voice always sounds tense, that soon counts as normal.',
    'Autistic and other neurodivergent people, and people who speak evenly or unusually, may be misread. So may children, and people who are ill.',
    'It must not be used to judge, rate, select or monitor people.',
  ],
  rightTitle: 'How often it is right',
  everyday: (claims: number, even: number): string =>
    `In ordinary speech that is not acted, such as calls, reading and meetings, it names a tone other than neutral about ${claims} times an hour. It calls ${even} of 100 passages neutral and says nothing about the others.`,
  stream: (right: number, claims: number): string =>
    `In a test where 15 of 100 passages were acted in a distinct tone and the rest were ordinary talk, ${right} of 100 readings were right. Among readings of a tone other than neutral, ${claims} of 100 were right.`,
  mixed: (given: number, right: number, found: number): string =>
    `When actors varied their tone, it gave a reading for ${given} of 100 sentences; ${right} of 100 readings were right. It found ${found} of 100 tones other than neutral.`,
  oneTone: (given: number, right: number): string =>
    `It is weakest when someone keeps one tone throughout: it gives a reading for ${given} of 100 sentences, and ${right} of 100 readings are right.`,
  stranger: 'For a new voice, it names no tone other than neutral in the first six seconds of speech.',
  unmeasured: 'Everyday speech has not been rated by people, so it is not known how often the model misses a real tone.',
  learnedTitle: 'What it learned from',
  learned: (data: string): string => `Recordings whose tone is known: ${data}`,
  sample: 'The sample on this page is one of those voices. Linnet reads it better than it would a stranger’s voice.',
  says: (affects: string[]): string =>
    `It can report only these tones: ${affects.slice(0, -1).join(', ')}${affects.length > 1 ? ' and ' : ''}${affects.at(-1) ?? ''}.`,
  whichTitle: 'Which model this is',
  which: (name: string): string => `This server runs the model “${name}”.`,
  licence: (licence: string): string => `Its licence is ${licence}.`,
  nonCommercial: 'That licence does not allow commercial use.',
  makers: 'What the model’s makers say',
  soundTitle: 'Where the sound goes',
  sound: [
    'To this server and nowhere else: this page contacts no other site.',
    'The server keeps sound in memory until it is analysed, and for at most a minute after that, so that nothing is lost if a part of the server fails.',
    'It is usually also written to this server’s disk, and stays in a file there while the session lasts and for at most about 20 minutes after it ends. If you erase the session, this file is deleted within a minute.',
    'The readings – tones, not sound – and the text of the captions are erased some time after the session’s end: after 24 hours, unless the operator of this server chose another time. You can erase them at any time.',
  ],
  lawTitle: 'Where it may not be used',
  law: [
    'In the European Union, the AI Act (Article 5) forbids systems that infer people’s emotions at work and in education, except for medical or safety reasons. Where they are allowed, people have to be told (Article 50).',
    'Laws on listening to and recording others apply too; in many places everyone in a conversation has to agree.',
  ],
  noticeTitle: 'For the person being listened to',
  notice: [
    'I use Linnet. It listens to how voices sound and gives me its best guess at their tone, which I find hard to hear myself.',
    'It keeps no recording: the sound is deleted soon afterwards. It does not know who you are. Its guesses are often wrong.',
    'Please tell me if you do not want this; I will turn it off.',
  ],
  noticeWords: 'It also writes down what is said, so that I can read along. I can erase the text at any time.',
  copy: 'Copy this text',
  copied: 'Copied.',
  loading: 'Asking the server …',
  away: 'The server did not say which model is running. Close and reopen this section to try again.',
}
