/**
 * Writes rules/detectors/parts/names/given-names.ts, family-names.ts and common-words.ts from the locales of @faker-js/faker, and more given
 * names from the registers of births that gender-detection-from-name holds (MIT).
 * Run `node test/rules/detectors/parts/names/generate.ts` after an update of faker, and read the difference before committing it.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { allFakers } from '@faker-js/faker'
import { fold } from '../../../../../rules/detectors/parts/context.ts'

type Locale = keyof typeof allFakers
/** Locales in Latin script with lists of real names. */
const nameLocales: readonly Locale[] = [
  'en', 'en_AU', 'en_IN', 'en_ZA', 'fr', 'fr_BE', 'fr_CH', 'de', 'de_CH', 'es', 'es_MX', 'it', 'sv', 'nb_NO', 'da', 'fi',
  'nl', 'nl_BE', 'pl', 'pt_BR', 'pt_PT', 'tr', 'cs_CZ', 'hr', 'ro', 'hu', 'sk', 'sr_RS_latin', 'en_NG', 'en_GH', 'fr_SN',
] // prettier-ignore
/** Locales with word lists in their own language. */
const wordLocales: readonly Locale[] = ['en', 'fr', 'de', 'da', 'nb_NO', 'pt_PT']

/** Given names of registers of births, by language. Those of three letters and fewer are words more often than names. */
const registered = (['de', 'en', 'es', 'fr', 'it'] as const)
  .flatMap(language => {
    const file = `../../../../../node_modules/gender-detection-from-name/names/${language}.js`
    return [...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/\['([^']+)', '(?:fe)?male'\]/g)]
  })
  .map(([, name = '']) => name)
  .filter(name => name.length > 3)

/** Frequent names that the locales lack. */
const givenToo =
  'Jane John Mary Mohammed Muhammad Mohamed Mohamad Ahmed Ali Fatima Aisha Omar Ibrahim Yusuf Hassan Hussein Khadija Wei Li Ming Jing Yan Hiroshi Yuki Kenji Minh Thi Priya Raj Sanjay Anil Sunita Ravi Deepak Olga Svetlana Tatiana Natalia Irina Dmitri Sergei Vladimir Igor Björn Søren Åse Øyvind Siobhan Niamh Aoife Sean Liam Chloe Zoe Noemie Genevieve Benoit Etienne Francois Francoise Josee Rene Renee Heike Ute Sven Uwe Jürgen Jörg Günther Hans Hannelore Birgit Katrin Annette Jose Maria Jesus Juan Pilar Concepcion Begona Inigo Ines Xavier Jordi Montserrat Nuria Giuseppe Giovanni Luigi Francesca Giulia Chiara Matteo Margaret Elizabeth Susan Robert William David Richard Thomas Charles Christopher Daniel Matthew Anthony Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Patricia Jennifer Linda Barbara Jessica Sarah Karen Lisa Nancy Betty Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Helen Sharon Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole Samantha Katherine Christine Debra Rachel Carolyn Janet Catherine Maria Heather Diane Oliver Harry Jack Alfie Nigel Graham Fiona Gemma Pauline Claire Sophie Marie Pierre Jean Jacques Michel Philippe Alain Bernard Gerard Klaus Wolfgang Peter Michael Stefan Andreas Sabine Petra Monika Ursula Claudia Carmen Dolores Antonio Manuel Francisco Javier Carlos Miguel Rafael Lucia Marta Cristina Elena'
const familyToo =
  'Doe Roe Hernandez Ramirez Allen Nelson Baker Kim Chen Wang Li Zhang Liu Lin Huang Wu Zhao Zhou Yang Lee Park Choi Tanaka Suzuki Sato Nguyen Tran Pham Gagnon Bouchard Okafor Ivanov Ivanova Petrov Yilmaz Wong Shaw Begum Hussain Ali Ahmed Khan Mohammed Patel Singh Kaur Sharma Gupta Kumar Smith Jones Williams Brown Taylor Davies Wilson Evans Thomas Johnson Roberts Walker Wright Robinson Thompson White Hughes Edwards Green Hall Wood Harris Lewis Martin Jackson Clarke Clark Turner Hill Scott Cooper Morris Ward Moore King Watson Morrison Harrison Morgan Young James Bennett Murphy Kelly Ryan Byrne Sullivan Walsh Stewart Campbell Mitchell Anderson Murray Macdonald Fraser Ross Cote Tremblay Roy Gauthier Morin Lavoie Fortin Gagne Ouellet Pelletier Belanger Levesque Bergeron Leblanc Paquette Girard Simard Boucher Caron Beaulieu Cloutier Dubois Poirier Fournier Lapointe Leclerc Lefebvre Poulin Thibault St-Pierre Nadeau Martel Bernard Petit Durand Leroy Simon Laurent Michel Garcia David Bertrand Roux Vincent Morel Andre Mercier Dupont Lambert Bonnet Francois Martinez Legrand Garnier Faure Rousseau Blanc Guerin Muller Henry Roussel Nicolas Perrin Mathieu Clement Gauthier Dumont Lopez Fontaine Chevalier Robin Masson Sanchez Gerard Nguyen Boyer Denis Lemaire Duval Joly Gautier Roger Roche Roy Noel Meyer Lucas Meunier Jean Perez Marchand Dufour Blanchard Marie Barbier Brun Dumas Brunet Schmitt Leroux Colas Fernandez Schneider Fischer Weber Wagner Becker Schulz Hoffmann Schafer Koch Bauer Richter Klein Wolf Schroder Neumann Schwarz Zimmermann Braun Kruger Hofmann Hartmann Lange Krause Werner Lehmann Schmid Schulze Maier Kohler Herrmann Konig Mayer Walter Peters Moller Huber Kaiser Fuchs Lang Scholz Gonzalez Rodriguez Gomez Martin Jimenez Ruiz Diaz Moreno Alvarez Munoz Romero Alonso Gutierrez Navarro Torres Dominguez Vazquez Ramos Gil Serrano Blanco Molina Morales Suarez Ortega Delgado Castro Ortiz Rubio Marin Sanz Iglesias Nunez Medina Garrido Cortes Castillo Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti Costa Giordano Mancini Rizzo Lombardi Moretti'

/** Words that stand on instruments, in run files and in laboratories, and so are never evidence for a person. */
const instrumentWords =
  'read reads index lane lanes cycle cycles tile tiles run runs flow cell cells flowcell holder stage fluidics fluidic controller board interface chassis module camera focus buffer left right laser lamp optics sequel revio onso vega miseq nextseq novaseq hiseq iseq miniseq iscan proactive illumina nanopore oxford minion gridion promethion flongle minknow guppy dorado bonito pacbio pacific biosciences smrt smrtlink element aviti polony mgi dnbseq complete genomics thermo ion torrent proton dragen basespace server client service system control software application version firmware driver build recipe reagent reagents kit cartridge sbs cluster clusters library tube pool sample samples sheet barcode adapter primer rapid high throughput output standard paired single end side surface swath scan scanning image template chemistry manual planned hybrid local cloud none full low mid medium turbo express plus core prime advanced sensor temperature chiller heater pump valve syringe waste wash prep pre post check checks start started stop stopped complete completed error errors warning info debug status state mode type name value data file files log logs path folder directory root admin administrator operator user users guest test tests testing demo default unknown null undefined true false yes no not and or the of for with from by to in on at is was quality score mean median total yield percent density intensity phasing prephasing aligned error rate raw pass passed fail failed filter filtered projected duty time pore strand unavailable saturated field services support engineer engineering technical team laboratory lab labs core facility center centre institute university hospital clinic department genome genomic genomics sequencing sequencer sequence analysis instrument device machine station robot tecan agilent sbsuser labuser sequser user1 service account daemon nobody anonymous automation scheduler bot robot superuser sysadmin localadmin administrateur technician scientist supervisor manual automatic auto other'
/** Words that open sentences or form terms in running text; the locales lack most of them. */
const proseWords =
  'bruno hamilton roche abbott beckman january february march april may june july august september october november december janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre januar februar marz juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche montag dienstag mittwoch donnerstag freitag samstag sonntag lunes martes miercoles jueves viernes sabado domingo spring summer autumn winter north south east west new old great long short big small hope grace joy faith rose lily daisy ruby amber crystal pearl violet olive ivy heather dawn summer autumn will mark grant bill frank art rich gene guy dale glen cliff forest heath brook brooke lake rain star sky sunny stormy chance chase hunter mason carter tanner cooper parker porter taylor baker walker page pace price case rice field fields hall hill banks brooks woods stone rivers waters street way lane park parks church house castle bishop king prince knight pope abbott marshall major miles stark white black brown green gray grey blue gold silver golden law laws love loving wise best good goode sharp strong young rush swift moody bright day knight west north winters summers holiday christmas easter noel pascal swiss german french english spanish italian europe america africa asia australia canada ireland scotland wales england france germany spain italy norway sweden denmark finland iceland paris london berlin madrid rome milan oslo stockholm copenhagen helsinki sydney melbourne toronto montreal quebec ottawa boston chicago austin dallas houston phoenix denver washington york jersey orleans diego francisco angeles virginia carolina georgia dakota florence vienna geneva bern zurich munich hamburg frankfurt lyon marseille nice toulouse barcelona valencia sevilla malaga turin naples venice bristol cambridge lincoln durham leeds manchester windows linux python java javascript node react angular apache docker kubernetes microsoft google amazon apple oracle intel nvidia android chrome mozilla firefox safari github gitlab jenkins'
/** Given names in the registers of births that are frequent words of manuals and messages in lower case (counted in half a of the prose). */
const frequentWords =
  'line wenn esta nombre champ sera cache delle dies dell lines pero valor kein linea nella haben alias memory valid chaine alla shadow many durante elle nell deve maximum campo done ruta cree puerto nomi lien deren indica andere dalla firma missing days favor hanno trace else hacer magic ping rama future keys ones racine nelle perl lance signe constante nello agit nouvelle jeden edit chosen allora aide ultimo legacy chaines sola alter purpose primo quest ways ever aren rien dado massimo maximo echo delta alta coda styles faker json idea arch marque waren sonda seconda success libre court patron lassen chain lies alone meet tali constant peer meta aura dela massima dallo stessi dove secondo fara vero rainbow marques demon marquee smail toma hacen antigua mira channel master destine courte destinee sait juste linken jene marcas corto nada bassa mancante alpha forever nature race banner freedom crash desire monte bonne beste shade suma dada pena tasa haya ella manda essa mano mette dolor arrow honor trip knowledge liee montre monde ours kennen analiza saber salvo expiracion segunda modi esse norma cinque misti sicuro fancy harm amet haven primitive rand sole eden conception principe lynx marche prix numa avenir demi rohen stelle guia siga haran evita analice regla transito vari veda vita crescente catena salva concetto canto pippo messi soli libero pari domini cherry dita maven cyrus sezen habituellement proc deren master kern'
const surelyWords = [instrumentWords, proseWords, frequentWords].join(' ').split(' ')

const latin = /^[a-z]{2,24}$/
const tokens = (names: readonly string[]): Set<string> =>
  new Set(names.flatMap(name => fold(name).split(/[\s'’.-]+/)).filter(token => latin.test(token)))
const particles = new Set(
  'de la le les los las del della di da do dos das van von der den ten ter zu zum zur el al y e i bin ibn san santa st saint mac mc'.split(
    ' ',
  ),
)

const listed = (part: 'first_name' | 'last_name'): string[] =>
  nameLocales.flatMap(locale => Object.values<string[]>(allFakers[locale].rawDefinitions.person?.[part] ?? {}).flat())
const words = new Set(
  [
    ...wordLocales.flatMap(locale => Object.values(allFakers[locale].rawDefinitions.word ?? {}).flat() as string[]),
    ...surelyWords,
  ]
    .map(fold)
    .filter(word => /^[a-z]{1,24}$/.test(word)),
)
const without = (set: ReadonlySet<string>, ...others: readonly ReadonlySet<string>[]): string[] =>
  [...set].filter(one => others.every(other => !other.has(one))).sort()

const instrument = new Set(instrumentWords.split(' '))
const write = (file: string, name: string, says: string, list: readonly string[]): void => {
  const lines = list.join(' ').match(/.{1,110}(?:\s|$)/g) ?? []
  writeFileSync(
    new URL(`../../../../../rules/detectors/parts/names/${file}.ts`, import.meta.url),
    `// Generated by test/rules/detectors/parts/names/generate.ts: do not edit.\n/** ${says} */\nexport const ${name}: ReadonlySet<string> = new Set(\n  \`\n${lines.map(line => line.trim()).join('\n')}\n\`.match(/[a-z]+/g),\n)\n`,
  )
  process.stdout.write(`${file}: ${String(list.length)}\n`)
}

write(
  'given-names',
  'givenNames',
  'Given names, folded (lower case, no accents), without the words that stand on instruments.',
  without(tokens([...listed('first_name'), ...givenToo.split(' '), ...registered]), instrument, particles),
)
write(
  'family-names',
  'familyNames',
  'Family names, folded (lower case, no accents), without the words that stand on instruments.',
  without(tokens([...listed('last_name'), ...familyToo.split(' ')]), instrument, particles),
)
write(
  'common-words',
  'commonWords',
  'Ordinary words, folded: what is a name and such a word as well proves little by itself.',
  without(words),
)
write(
  'instrument-words',
  'instrumentWords',
  'Words of instruments, run files and laboratories: never part of a name that stands without a context.',
  [...instrument].sort(),
)
