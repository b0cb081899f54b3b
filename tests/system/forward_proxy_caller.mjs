// SPDX-License-Identifier: Apache-2.0
// Calls through a forward proxy, as Node's programs do:
// node forward_proxy_caller.mjs PROXY USERS SHOP SECURE CERTIFICATE UNKNOWN; URLs, but for the certificate's file.
// USERS and SHOP answer with a JSON picture of the request; of UNKNOWN the proxy must know nothing.
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { ProxyAgent, fetch } from 'undici';
import { expect, run, within } from './check.mjs';

const [proxy, users, shop, secure, certificate, unknown] = process.argv.slice(2);
const SECONDS = 20;
const ca = readFileSync(certificate);
const problem = (text) => JSON.parse(text).reason;

function call(request, url, options, body) {
    return within(SECONDS, url, new Promise((resolve, reject) => {
        const sent = request(url, { ...options, method: body ? 'POST' : 'GET' }, (reply) => {
            const parts = [];
            reply.on('data', (part) => parts.push(part));
            reply.on('error', reject);
            reply.on('end', () => resolve({ status: reply.statusCode, text: Buffer.concat(parts).toString() }));
        });
        sent.on('error', reject);
        sent.end(body);
    }));
}

async function absoluteForm() {
    const agent = new HttpProxyAgent(proxy, { keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 10; i += 1) {
        const url = `${i % 2 ? users : shop}/a/${i}?b=1`;
        const reply = await call(httpRequest, url, { agent });
        expect(url, reply.status, 200);
        const picture = JSON.parse(reply.text);
        expect(`${url}: target`, picture.target, `/a/${i}?b=1`);
        expect(`${url}: host`, picture.headers.find(([name]) => name === 'Host')[1], new URL(url).host);
        expect(`${url}: the proxy's own fields`, picture.headers.filter(([name]) => /^proxy-/i.test(name)), []);
    }
    const upload = await call(httpRequest, `${users}/up`, { agent }, 'x'.repeat(200_000));
    expect('an upload', JSON.parse(upload.text).length, 200_000);
    const refused = await call(httpRequest, `${unknown}/`, { agent });
    expect('an unknown host', [refused.status, problem(refused.text)], [403, 'unknown_host']);
    agent.destroy();
}

async function tunnels() {
    const agent = new HttpsProxyAgent(proxy);
    const reply = await call(httpsRequest, `${secure}/`, { agent, ca, servername: 'localhost' });
    expect('https through a tunnel', [reply.status, reply.text.includes('Ciphers supported')], [200, true]);
    const plain = await call(httpRequest, `${users}/in/a/tunnel`, { agent });
    expect('http through a tunnel', JSON.parse(plain.text).target, '/in/a/tunnel');
    const refused = await call(httpsRequest, unknown.replace('http:', 'https:'), { agent });
    expect('a tunnel to an unknown host', [refused.status, problem(refused.text)], [403, 'unknown_host']);
}

async function fetches() {
    for (const proxyTunnel of [true, false]) {
        const dispatcher = new ProxyAgent({ uri: proxy, proxyTunnel });
        for (const base of [users, shop, users]) {
            const reply = await within(SECONDS, base, fetch(`${base}/f`, { dispatcher }));
            expect(`fetch, in a tunnel: ${proxyTunnel}`, [reply.status, (await reply.json()).target], [200, '/f']);
        }
        await dispatcher.close();
    }
}

await run([absoluteForm, tunnels, fetches]);
