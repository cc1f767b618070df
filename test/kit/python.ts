import { replies, type Client } from './client.ts'
import { vendorHost } from './vendor.ts'

/** urllib, with its own proxy support; for the redirected way the name is resolved as a steered DNS would. */
const script = `
import base64, json, socket, ssl, sys, urllib.error, urllib.request
setup = json.loads(sys.stdin.read())
port, vendor_port, host = setup['port'], setup['vendorPort'], setup['host']
context = ssl.create_default_context(cafile=setup['caFile'])
resolve = socket.getaddrinfo

def steered(name, service, *rest, **more):
    return resolve('127.0.0.1', port, *rest, **more) if name == host else resolve(name, service, *rest, **more)

def opener(way):
    proxies = {'https': 'http://127.0.0.1:%d' % port} if way == 'connect' else {}
    return urllib.request.build_opener(urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context))

bases = {'connect': 'https://%s:%d' % (host, vendor_port), 'gateway': 'https://127.0.0.1:%d' % port, 'redirect': 'https://' + host}
for job in setup['jobs']:
    socket.getaddrinfo = steered if job['way'] == 'redirect' else resolve
    body = None if job['body'] is None else job['body'].encode()
    request = urllib.request.Request(bases[job['way']] + job['path'], body, job['fields'], method=job['method'])
    try:
        answer = opener(job['way']).open(request)
    except urllib.error.HTTPError as error:
        answer = error
    print('%d\\t%s' % (answer.status, base64.b64encode(answer.read()).decode()))
`

export const python: Client = {
  name: 'Python urllib',
  probe: ['python3', '--version'],
  send: ({ port, caFile }, vendorPort, jobs) =>
    replies('python3', ['-c', script], JSON.stringify({ port, vendorPort, host: vendorHost, caFile, jobs })),
}
