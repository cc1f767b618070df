import { inLastKey, keywords, lastKey } from './parts/context.ts'
import type { TextDetector } from '../detector.ts'

const word = keywords(
  '(?:patient|person|face|facial|full ?face|profile|passport|id|user|operator|staff|donor|subject) ?(?:photo(?:graph)?|picture|image|foto|pic)s?(?: ?(?:url|file|path|data|name))?',
  'portraits?',
  'selfies?',
  'head ?shots?',
  'mug ?shots?',
  'avatar(?: ?(?:url|image))?',
  'photo(?:graph)? ?(?:of|du|de la|de l) ?(?:the )?(?:patient|face|visage)\\p{L}?',
  'photo ?(?:patient|visage|identite)\\p{L}?',
  'passfoto',
  'lichtbild',
  '(?:patienten|gesichts) ?(?:foto|bild)',
  'foto ?(?:del )?paciente',
)
/** An image file, a link to one, an image in the text itself, or base64 of one (JPEG, PNG, GIF, WebP, HEIC). */
const image =
  /\.(?:jpe?g|png|gif|heic|heif|webp|bmp|tiff?|dcm)(?![\p{L}\d])|^data:image\/|^(?:\/9j\/|iVBORw0KGgo|R0lGOD|UklGR|AAAA.{0,4}Z0eXBoZWlj)|^https?:\/\//iu

export const photo = {
  kind: 'text',
  id: 'photo',
  title: 'Photograph of a person',
  category: 'identity',
  source: '45 CFR 164.514(b)(2)(i)(Q): full-face photographs and any comparable images',
  needs: [{ letters: 3, under: lastKey(word) }],
  *find(subject) {
    if (subject.role !== 'key' && inLastKey(subject, word) && image.test(subject.text.trim()))
      yield { start: 0, end: subject.text.length }
  },
  examples: {
    match: [
      { text: 'IMG_0042.jpg', keys: ['patientPhoto'] },
      { text: 'data:image/jpeg;base64,/9j/4AAQSkZJRg', keys: ['portrait'] },
      { text: 'https://img.example.org/17', keys: ['user', 'avatarUrl'] },
    ],
    noMatch: [
      'IMG_0042.jpg',
      { text: 's_1_1101_a.jpg', keys: ['tileImage'] },
      { text: 'landscape', keys: ['portrait'] },
    ],
  },
} as const satisfies TextDetector
