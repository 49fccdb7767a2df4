/** About the model, in German. */

import type { Strings } from '../en'

export const about: Strings['about'] = {
  title: 'Über das Modell, und was es nicht wissen kann',
  meaning:
    'Ein Ton ist eine Vermutung aus dem Klang einer Stimme, verglichen mit derselben Stimme kurz zuvor. Prozente sind so gemeint, dass von 100 Angaben mit „78 %“ etwa 78 stimmen; bei Stimmen, Sprachen und Räumen, die anders sind als die Aufnahmen, aus denen das Modell gelernt hat, sind es weniger.',
  cannotTitle: 'Was es nicht wissen kann',
  cannot: [
    'Was jemand fühlt, meint oder ist. Es hört, wie eine Stimme auf andere wirkt, und auch Menschen sind sich darin oft nicht einig.',
    'Worte, Ironie und Absicht. Es versteht nichts davon.',
    'Was für jemanden üblich ist, den es gerade erst gehört hat. Die ersten Sätze einer neuen Stimme sind weniger sicher; und wer immer angespannt klingt, dessen Anspannung gilt bald als üblich.',
    'Autistische und andere neurodivergente Menschen und alle, die eintönig oder ungewöhnlich sprechen, werden vielleicht falsch gedeutet. Ebenso Kinder und Kranke.',
    'Es darf nicht dazu dienen, Menschen zu beurteilen, zu bewerten, auszuwählen oder zu überwachen.',
  ],
  rightTitle: 'Wie oft es stimmt',
  everyday: (claims, even) =>
    `In gewöhnlichen Gesprächen, die niemand gespielt hat, etwa am Telefon, beim Vorlesen oder in Besprechungen, nennt es etwa ${claims}-mal in der Stunde einen anderen Ton als neutral. ${even} von 100 Abschnitten nennt es neutral, zu den übrigen sagt es nichts.`,
  stream: (right, claims) =>
    `Wenn 15 von 100 Abschnitten in einem deutlichen Ton gespielt und die übrigen gewöhnliche Gespräche waren, stimmten ${right} von 100 Angaben; von denen, die einen anderen Ton als neutral nennen, ${claims} von 100.`,
  mixed: (given, right, found) =>
    `Von 100 Sätzen von Schauspielern, die den Ton wechseln, gab es zu ${given} etwas an; ${right} von 100 Angaben stimmten. Es fand ${found} von 100 deutlichen Tönen.`,
  oneTone: (given, right) =>
    `Am schwächsten ist es, wenn jemand durchweg denselben Ton beibehält: Angaben zu ${given} von 100 Sätzen, ${right} von 100 Angaben stimmen.`,
  stranger: 'Bei einer neuen Stimme nennt es in den ersten sechs Sekunden, die sie spricht, keinen anderen Ton als neutral.',
  unmeasured: 'Niemand hat gewöhnliche Gespräche bewertet. Wie oft ihm ein echter Ton entgeht, weiß daher niemand.',
  learnedTitle: 'Woraus es gelernt hat',
  learned: data => `Aus Aufnahmen, deren Ton bekannt ist: ${data}`,
  sample: 'Das Beispiel auf dieser Seite ist eine dieser Stimmen. Es wird besser gedeutet als die Stimme von Fremden.',
  says: list => `Es kann sagen: ${list.slice(0, -1).join(', ')}${list.length > 1 ? ' und ' : ''}${list.at(-1) ?? ''}; keinen anderen Ton.`,
  whichTitle: 'Welches Modell das ist',
  which: name => `Auf diesem Server läuft das Modell „${name}“.`,
  licence: licence => `Seine Lizenz ist ${licence}.`,
  nonCommercial: 'Diese Lizenz erlaubt keine gewerbliche Nutzung.',
  makers: 'In den Worten derer, die das Modell gemacht haben',
  soundTitle: 'Wohin der Ton geht',
  sound: [
    'An diesen Server und sonst nirgendwohin; diese Seite fragt keine andere nach irgendetwas.',
    'Im Arbeitsspeicher hebt der Server Ton auf, bis er gelesen ist, und höchstens eine Minute länger, damit nichts verloren geht, wenn ein Teil von ihm ausfällt.',
    'Gewöhnlich steht er dabei auch auf der Platte dieses Servers, in einer Datei: solange die Sitzung läuft und höchstens etwa 20 Minuten nach ihrem Ende. Löschen Sie die Sitzung, ist er binnen einer Minute auch dort weg.',
    'Was gelesen wurde – Töne, nicht Schall, nicht Worte – wird einige Zeit nach dem Ende der Sitzung gelöscht, nach 24 Stunden, wenn die Betreiber nichts anderes gewählt haben. Sie können es sofort löschen.',
  ],
  lawTitle: 'Wo es nicht benutzt werden darf',
  law: [
    'In der Europäischen Union verbietet die KI-Verordnung (Artikel 5) Systeme, die bei der Arbeit und in der Bildung auf Gefühle von Menschen schließen, außer aus medizinischen oder Sicherheitsgründen. Wo sie erlaubt sind, müssen Menschen davon erfahren (Artikel 50).',
    'Auch die Gesetze über das Mithören und Aufnehmen gelten; vielerorts müssen alle in einem Gespräch einverstanden sein.',
  ],
  noticeTitle: 'Für die Person, der zugehört wird',
  notice: [
    'Ich benutze Linnet. Es hört, wie Stimmen klingen, und sagt mir eine Vermutung über ihren Ton, der für mich schwer zu hören ist.',
    'Es behält keine Aufnahme: Der Ton wird bald danach gelöscht. Es versteht keine Worte und weiß nicht, wer Sie sind. Seine Vermutungen sind oft falsch.',
    'Sagen Sie mir bitte, wenn Sie es nicht möchten; dann schalte ich es aus.',
  ],
  copy: 'Diese Worte kopieren',
  copied: 'Kopiert.',
  loading: 'Der Server wird gefragt …',
  away: 'Der Server hat nicht gesagt, welches Modell läuft. Schließen und öffnen Sie dies, um noch einmal zu fragen.',
}
