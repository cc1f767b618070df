import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replies, type Client, type Job } from './client.ts'
import type { Reachable } from './appliance.ts'
import { vendorHost } from './vendor.ts'

/** java.net.http.HttpClient. Each line of input is a job: way, method, URL, fields as name=value pairs, body, all in base64. */
const program = `
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import javax.net.ssl.*;

public class Send {
  static String text(String base64) { return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8); }

  static SSLContext trusting(String file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(Path.of(file))) {
      store.setCertificateEntry("lab", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  public static void main(String[] args) throws Exception {
    SSLContext context = trusting(args[0]);
    ProxySelector proxy = ProxySelector.of(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[1])));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    for (String line; (line = in.readLine()) != null; ) {
      String[] part = line.split(" ", -1);
      HttpClient.Builder client = HttpClient.newBuilder().sslContext(context);
      if (text(part[0]).equals("connect")) client.proxy(proxy);
      HttpRequest.BodyPublisher body = part[4].equals("-")
        ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofByteArray(Base64.getDecoder().decode(part[4]));
      HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(text(part[2]))).method(text(part[1]), body);
      for (String field : text(part[3]).split("\\n"))
        if (!field.isEmpty()) request.header(field.substring(0, field.indexOf('=')), field.substring(field.indexOf('=') + 1));
      HttpResponse<byte[]> answer = client.build().send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
      System.out.println(answer.statusCode() + "\\t" + Base64.getEncoder().encodeToString(answer.body()));
    }
  }
}
`

const base64 = (text: string): string => Buffer.from(text).toString('base64')

const lineOf = ({ way, method, path, fields, body }: Job, { port }: Reachable, vendorPort: number): string => {
  const base = {
    connect: `${vendorHost}:${vendorPort}`,
    gateway: `127.0.0.1:${port}`,
    redirect: `${vendorHost}:${port}`,
  }
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${value}`)
  const words = [way, method, `https://${base[way]}${path}`, pairs.join('\n')].map(base64)
  return `${[...words, body === null ? '-' : base64(body)].join(' ')}\n`
}

export const java: Client = {
  name: 'Java HttpClient',
  probe: ['java', '-version'],
  send: async (appliance, vendorPort, jobs) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-java-'))
    try {
      const source = join(folder, 'Send.java')
      const hosts = join(folder, 'hosts')
      writeFileSync(source, program)
      // The redirected way: the vendor's name leads to the appliance.
      writeFileSync(hosts, `127.0.0.1 ${vendorHost}\n`)
      const quick = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto', `-Djdk.net.hosts.file=${hosts}`]
      const args = [...quick, source, appliance.caFile, String(appliance.port)]
      return await replies('java', args, jobs.map(job => lineOf(job, appliance, vendorPort)).join(''))
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
