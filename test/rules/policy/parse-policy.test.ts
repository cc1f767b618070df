import t from 'tap'
import { parsePolicy, type PolicyReading } from '../../../rules/policy/parse-policy.ts'
import { shippedPolicy } from '../../kit/message.ts'

const references: Readonly<Record<string, string>> = {
  'status.json': '{ "type": "object", "additionalProperties": false, "properties": { "cycle": { "enum": [1, 2] } } }',
  'other.json': '{ "const": 1 }',
  'open.json': '{ "type": "object" }',
  'twice.json': '{ "type": "object", "additionalProperties": false, "additionalProperties": true }',
  'text.json': 'type: object',
  'names.json':
    '{ "type": "object", "additionalProperties": false, "properties": { "jane.doe@example.org": { "const": 1 } } }',
  'ca.pem': '-----BEGIN CERTIFICATE-----',
}
const read = (text: string, files = references): PolicyReading =>
  parsePolicy(text, reference => (Object.hasOwn(files, reference) ? files[reference]! : null))

const base = `version: 1
instruments:
  - id: sequencer
    address: 10.77.1.20
destinations:
  - id: vendor
    host: vendor.example
routes:
  - id: status
    destination: vendor
    method: POST
    path: /status
    body: { kind: json, schema: status.json }
`

/** The base with lines replaced; a replacement of several lines moves the ones below down. */
const withLine = (from: string, to: string): string => {
  if (!base.includes(from)) throw new Error(`the policy has no ${from}`)
  return base.replace(from, to)
}
const body = '{ kind: json, schema: status.json }'

/** `line:column key: message` of each problem. */
const problemsOf = (text: string): readonly string[] => {
  const reading = read(text)
  return reading.ok
    ? []
    : reading.problems.map(({ line, column, key, message }) => `${line}:${column} ${key}: ${message}`)
}

t.test('parse policy: a policy in order, read with its defaults', async t => {
  const reading = read(base)
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  const { policy } = reading
  t.match(policy, {
    digest: /^sha256:[0-9a-f]{64}$/,
    instruments: [{ id: 'sequencer', serial: null, enabled: true }],
    destinations: [{ id: 'vendor', port: 443, addresses: [], networks: [], ca: null, pins: [] }],
    routes: [{ id: 'status', instruments: null, forward: 'canonical', upgradeInsecure: false, onBlock: null }],
  })
  t.match(policy.routes[0]!.body, { kind: 'json', contentTypes: ['application/json'], orders: [['cycle']] })
  t.equal(shippedPolicy().routes.length, 5, 'and so is the shipped one')
})

type Cases = Readonly<Record<string, readonly [policy: string, ...problems: readonly (string | RegExp)[]]>>

const expectAll = (title: string, cases: Cases): void => {
  t.test(`P8: parse policy: ${title}`, async t => {
    for (const [name, [policy, ...expected]] of Object.entries(cases)) {
      const found = problemsOf(policy)
      t.equal(found.length, expected.length, `${name}: ${found.join(' | ')}`)
      for (const [index, problem] of expected.entries())
        if (typeof problem === 'string') t.equal(found[index], problem, name)
        else t.match(found[index], problem, name)
    }
  })
}

expectAll('what is not YAML, at its place', {
  nothing: ['', '1:1 : must be object'],
  'a word': ['hello', '1:1 : must be object'],
  'a tab': [withLine('    host:', '\thost:'), /^7:1 : Tabs are not allowed as indentation$/],
  'an open bracket': [withLine(body, '{ kind: none'), /^14:1 : /],
  'a key twice': [withLine('version: 1', 'version: 1\nversion: 1'), '2:1 : Map keys must be unique'],
  'a key twice, deep inside': [withLine('    path:', '    method: PUT\n    path:'), '12:5 : Map keys must be unique'],
  'two documents': [`${base}---\n${base}`, /^14:1 : Source contains multiple documents/],
  'a tag of another language': [withLine('version: 1', 'version: !!js/function 1'), /^1:10 : Unresolved tag/],
  'a key that is no text': [withLine('version: 1', '? [a]\n: 1\nversion: 1'), /^1:3 : .*keys must be strings$/],
  'an alias that leads nowhere': [withLine('id: sequencer', 'id: *name'), '3:9 : nothing above has the anchor &name'],
  'a circle of aliases': [withLine(body, '&body { kind: *body }'), '1:1 : has too many or circular aliases'],
  'aliases that multiply': [
    `a: &a [1,1,1,1,1,1,1,1,1,1,1]\nb: &b [${'*a,'.repeat(11)}]\nc: &c [${'*b,'.repeat(11)}]\nd: [${'*c,'.repeat(11)}]`,
    '1:1 : has too many or circular aliases',
  ],
  'nested without end': [`version: ${'['.repeat(50_000)}`, /: is nested too deeply$/],
  infinity: [
    withLine(body, '{ kind: json, schema: { enum: [1, .inf] } }'),
    '13:45 routes[0].body.schema.enum[1]: is nothing that JSON can write',
  ],
  'half a surrogate pair': [
    withLine(body, '{ kind: json, schema: { const: "\\ud800" } }'),
    '13:35 routes[0].body.schema.const: is nothing that JSON can write',
  ],
})

expectAll('what the published schema refuses, with line, column and key', {
  'another version': [withLine('version: 1', 'version: 2'), '1:1 version: must be 1'],
  'no version': [withLine('version: 1\n', ''), '1:1 version: is missing'],
  'an unknown key': [withLine('    method:', '    metod: PUT\n    method:'), '11:5 routes[0].metod: unknown key'],
  'an unknown key at the root': [`${base}rules: []\n`, '14:1 rules: unknown key'],
  'no routes': [base.replace(/routes:[^]*/, 'routes: []\n'), /^8:1 routes: must NOT have fewer than 1 items$/],
  'an id in capitals': [withLine('id: sequencer', 'id: Sequencer'), /^3:5 instruments\[0\]\.id: must match pattern/],
  'neither address nor network nor certificate': [
    withLine('    address: 10.77.1.20\n', ''),
    '3:5 instruments[0]: must have one of the keys address, network, certificate',
  ],
  'both address and network': [
    withLine('    address: 10.77.1.20\n', '    address: 10.77.1.20\n    network: 10.77.1.0/24\n'),
    '3:5 instruments[0]: must not have all of the keys address, network',
  ],
  'a host in capitals': [withLine('host: vendor', 'host: Vendor'), /^7:5 destinations\[0\]\.host: must match pattern/],
  'a wildcard host': [withLine('host: vendor', "host: '*.vendor"), /./],
  'a port beyond 65535': [
    withLine('    host:', '    port: 65536\n    host:'),
    '7:5 destinations[0].port: must be <= 65535',
  ],
  'a short pin': [
    withLine('    host:', '    pins: [sha256/AAAA]\n    host:'),
    /^7:12 destinations\[0\]\.pins\[0\]: must match/,
  ],
  'an unknown method': [withLine('POST', 'TRACE'), /^11:5 routes\[0\]\.method: must be one of GET, HEAD, POST/],
  'an unknown kind of body': [
    withLine(body, '{ kind: xml }'),
    '13:13 routes[0].body.kind: must be one of none, json, ndjson, form, interop, log, multipart',
  ],
  'a body without kind': [withLine(body, '{ schema: status.json }'), '13:5 routes[0].body.kind: is missing'],
  'a body without schema': [withLine(body, '{ kind: json }'), '13:5 routes[0].body.schema: is missing'],
  'a schema for no body': [
    withLine(body, '{ kind: none, schema: status.json }'),
    '13:25 routes[0].body.schema: unknown key',
  ],
  'a header name in capitals': [
    withLine(body, `${body}\n    headers: { X-Model: { schema: { const: a } } }`),
    '14:16 routes[0].headers.X-Model: is not a name that can stand here',
  ],
  'a credential in the query': [
    withLine(body, `${body}\n    query: { key: { schema: { const: a }, credential: true } }`),
    '14:43 routes[0].query.key.credential: unknown key',
  ],
  'a limit that is none': [`${base}limits: { maxDepth: 0 }\n`, '14:11 limits.maxDepth: must be >= 1'],
  'a limit that is no whole number': [`${base}limits: { maxDepth: 1.5 }\n`, '14:11 limits.maxDepth: must be integer'],
})

const route = (id: string, rest: string): string =>
  `${base}  - id: ${id}\n    destination: vendor\n    method: POST\n${rest}`
const parameters = (lines: string): string => withLine(`    body: ${body}`, `    body: ${body}\n${lines}`)

const certificate = 'certificate: sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='

expectAll('what only the whole policy shows', {
  'an instrument twice': [
    withLine('destinations:', '  - id: sequencer\n    address: 10.77.1.21\ndestinations:'),
    '5:5 instruments[1].id: the id sequencer stands here a second time',
  ],
  'a destination twice': [
    withLine('routes:', '  - id: vendor\n    host: other.example\nroutes:'),
    '8:5 destinations[1].id: the id vendor stands here a second time',
  ],
  'a route twice': [
    route('status', '    path: /x\n    body: { kind: none }\n'),
    '14:5 routes[1].id: the id status stands here a second time',
  ],
  'two instruments at one address': [
    withLine(
      'destinations:',
      '  - id: other\n    network: ::ffff:10.77.1.20/128\n  - id: third\n    network: 10.77.1.20/32\ndestinations:',
    ),
    '6:5 instruments[1].network: must be a network in CIDR form such as 10.77.1.0/28',
    '7:5 instruments[2]: calls from the same address or network as sequencer',
  ],
  'two instruments with one certificate': [
    withLine('destinations:', `  - id: one\n    ${certificate}\n  - id: two\n    ${certificate}\ndestinations:`),
    '8:5 instruments[2].certificate: is the certificate of one already',
  ],
  'two instruments at one address, of which one has no certificate': [
    withLine('destinations:', `  - id: other\n    address: 10.77.1.20\n    ${certificate}\ndestinations:`),
    '5:5 instruments[1]: calls from the same address or network as sequencer',
  ],
  'a certificate that is no pin': [
    withLine('    address: 10.77.1.20', '    certificate: sha256/AAAA'),
    /^4:5 instruments\[0\]\.certificate: must match pattern/,
  ],
  'two destinations at one host': [
    withLine('routes:', '  - id: again\n    host: vendor.example\nroutes:'),
    '9:5 destinations[1].host: vendor.example:443 is the host and port of vendor already',
  ],
  'an address that is none': [
    withLine('10.77.1.20', '10.77.1.256'),
    '4:5 instruments[0].address: must be an IPv4 or IPv6 address',
  ],
  'an address that only inet_aton reads': [
    withLine('10.77.1.20', '10.77.276'),
    '4:5 instruments[0].address: must be an IPv4 or IPv6 address',
  ],
  'a network without length': [
    withLine('address: 10.77.1.20', 'network: 10.77.1.0'),
    '4:5 instruments[0].network: must be a network in CIDR form such as 10.77.1.0/28',
  ],
  'a fixed address that is none': [
    withLine('    host:', '    addresses: [vendor.example]\n    host:'),
    '7:17 destinations[0].addresses[0]: must be an IPv4 or IPv6 address',
  ],
  'an excepted network that is none': [
    withLine('    host:', '    networks: [10.0.0.0/8, the-lab]\n    host:'),
    '7:28 destinations[0].networks[1]: must be a network in CIDR form such as 10.77.1.0/28',
  ],
  'a CA file that is not there': [
    withLine('    host:', '    ca: none.pem\n    host:'),
    '7:5 destinations[0].ca: there is no file none.pem',
  ],
  'a proxy beside fixed addresses': [
    withLine('    host:', '    addresses: [10.77.9.5]\n    proxy: { host: 10.1.0.8, port: 3128 }\n    host:'),
    '7:5 destinations[0].addresses: the proxy resolves the host: remove this, or say "proxy: direct"',
  ],
  'a proxy for all beside excepted networks': [
    withLine('    host:', '    networks: [10.77.9.0/24]\n    host:').replace(
      'routes:',
      'proxy: { host: p.example, port: 1 }\nroutes:',
    ),
    '7:5 destinations[0].networks: the proxy resolves the host: remove this, or say "proxy: direct"',
  ],
  'an authority for a proxy without TLS': [
    withLine('routes:', 'proxy: { host: p.example, port: 1, ca: schema.json }\nroutes:'),
    /^8:\d+ proxy\.ca: says nothing without "tls: true"/,
    '8:36 proxy.ca: there is no file schema.json',
  ],
  'a file elsewhere': [
    withLine('    host:', '    clientCertificate: ../key\n    host:'),
    /^7:5 destinations\[0\]\.clientCertificate: must match pattern/,
  ],
  'header fields where only the status goes back': [
    withLine('    method:', '    response: { mode: status-only, headers: [date] }\n    method:'),
    /^11:\d+ routes\[0\]\.response\.headers: no header field goes back/,
  ],
  'an unknown destination': [
    withLine('destination: vendor', 'destination: nobody'),
    '10:5 routes[0].destination: no destination has the id nobody',
  ],
  'an unknown instrument': [
    withLine('    method:', '    instruments: [sequencer, nobody]\n    method:'),
    '11:30 routes[0].instruments[1]: no instrument has the id nobody',
  ],
  'a path with a dot segment': [withLine('/status', '/a/../b'), /^12:5 routes\[0\]\.path: must begin with/],
  'a parameter that nobody describes': [
    withLine('/status', '/status/{run}'),
    '12:5 routes[0].path: {run} needs an entry in pathParameters',
  ],
  'a parameter that the path lacks': [
    parameters('    pathParameters: { run: { schema: { const: a } } }'),
    '14:23 routes[0].pathParameters.run: the path has no such parameter',
  ],
  '__proto__ as a parameter, described': [
    parameters('    pathParameters: { __proto__: { schema: { const: a } } }').replace('/status', '/{__proto__}'),
  ],
  'an open schema of a parameter': [
    parameters('    query: { q: { schema: { type: string } } }'),
    /^14:19 routes\[0\]\.query\.q\.schema: unbounded-string at \/: give/,
  ],
  'an open schema of a header': [
    parameters('    headers: { x-a: { schema: { type: string, maxLength: 5 } } }'),
    /^14:23 routes\[0\]\.headers\.x-a\.schema: unbounded-string/,
  ],
  'an open schema in place': [
    withLine(body, '{ kind: json, schema: { type: object } }'),
    /^13:25 routes\[0\]\.body\.schema: open-object at \/:/,
  ],
  'an open schema in a file': [withLine(body, '{ kind: json, schema: open.json }'), /^13:25 .*open-object at \/:/],
  'a schema that ajv refuses': [
    withLine(body, '{ kind: json, schema: { const: 1, minLength: x } }'),
    /^13:25 routes\[0\]\.body\.schema: not a valid schema: /,
  ],
  'a schema file that is not there': [
    withLine(body, '{ kind: json, schema: none.json }'),
    '13:25 routes[0].body.schema: there is no file none.json',
  ],
  'a schema file that is no JSON': [
    withLine(body, '{ kind: json, schema: text.json }'),
    '13:25 routes[0].body.schema: text.json is not a JSON Schema (json-malformed)',
  ],
  'a schema file that says a thing twice': [
    withLine(body, '{ kind: json, schema: twice.json }'),
    '13:25 routes[0].body.schema: twice.json is not a JSON Schema (json-duplicate-name)',
  ],
  'a schema whose names are no names of fields': [
    withLine(body, '{ kind: json, schema: names.json }'),
    '13:25 routes[0].body.schema: one of its property names holds what the detector email looks for',
  ],
  'a body on GET': [withLine('POST', 'GET'), '13:13 routes[0].body.kind: GET has no body'],
  'a reserved header': [
    parameters('    headers: { host: { schema: { const: a } }, content-type: { schema: { const: a } } }'),
    '14:16 routes[0].headers.host: this field is always written by the appliance itself',
    '14:48 routes[0].headers.content-type: this field is always written by the appliance itself',
  ],
  'a credential that is not called one': [
    parameters('    headers: { authorization: { schema: { const: a } } }'),
    '14:16 routes[0].headers.authorization: this field carries a credential: say so with "credential: true"',
  ],
  'a credential that is': [parameters('    headers: { cookie: { schema: { const: a }, credential: true } }')],
})

t.test('P8: parse policy: several mistakes, all of them, in the order of the text', async t => {
  const text = withLine('10.77.1.20', 'nowhere')
    .replace('destination: vendor', 'destination: nobody')
    .replace('/status', 'status')
    .replace(body, '{ kind: json, schema: none.json }')
  t.same(
    problemsOf(text).map(problem => problem.split(' ')[1]),
    ['instruments[0].address:', 'routes[0].destination:', 'routes[0].path:', 'routes[0].body.schema:'],
  )
  const shapes = withLine('id: sequencer', 'id: S').replace('POST', 'FOO').replace('kind: json', 'kind: xml')
  t.same(
    problemsOf(shapes.replace('address: 10.77.1.20', 'serial: a')).map(problem => problem.split(' ')[1]),
    ['instruments[0]:', 'instruments[0].id:', 'routes[0].method:', 'routes[0].body.kind:'],
  )
})

t.test('parse policy: problems name no value of a schema file', async t => {
  for (const problem of problemsOf(withLine(body, '{ kind: json, schema: names.json }'))) t.notMatch(problem, 'jane')
})

const digestOf = (text: string, files = references): string => {
  const reading = read(text, files)
  return reading.ok ? reading.policy.digest : 'none'
}

t.test('parse policy: the digest changes with what the policy says, and with nothing else', async t => {
  const digest = digestOf(base)
  t.equal(digestOf(`# a comment\n${base.replaceAll(': ', ':  ')}`), digest, 'comments and layout')
  t.equal(
    digestOf(withLine(`    method: POST\n    path: /status\n`, `    path: /status\n    method: "POST"\n`)),
    digest,
    'order of keys',
  )
  t.equal(digestOf(base, { ...references, 'other.json': '{"const":2}' }), digest, 'a file that it does not refer to')
  t.not(digestOf(base, { ...references, 'status.json': references['other.json']! }), digest, 'a schema file')
  t.not(digestOf(withLine('/status', '/state')), digest, 'a path')
  t.not(digestOf(`${base}limits: { maxDepth: 8 }\n`), digest, 'a limit')
  const pinned = withLine('    host:', '    ca: ca.pem\n    host:')
  t.not(digestOf(pinned), digest, 'a CA file')
  t.not(digestOf(pinned, { ...references, 'ca.pem': 'another' }), digestOf(pinned), 'what is in the CA file')
  const odd = withLine('status.json', '__proto__')
  const oddFiles = (text: string) => Object.fromEntries([['__proto__', text]])
  t.not(digestOf(odd, oddFiles('{"const":1}')), digestOf(odd, oddFiles('{"const":2}')), 'a file with an odd name')
})
