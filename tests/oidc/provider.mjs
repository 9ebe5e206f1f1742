// A real OpenID Connect provider for the tests. Its first line of input (JSON) says which clients, accounts and keys it
// has; it answers with a line that says where it is. Every further line changes what it says, and is answered, too.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const said = JSON.parse((await lines.next()).value);
const server = createServer();
await new Promise((listening) => { server.listen(0, '127.0.0.1', listening); });
const issuer = `http://localhost:${server.address().port}`;
// Another provider object with other keys serves the same sessions and clients, as after a rotation.
const kept = new Map();

class Kept {
  constructor(model) { this.model = model; }
  key(id) { return `${this.model}:${id}`; }
  async upsert(id, payload) {
    kept.set(this.key(id), payload);
    if (payload.uid) kept.set(`uid:${payload.uid}`, id);
    if (payload.grantId) kept.set(`grant:${payload.grantId}`, [...(kept.get(`grant:${payload.grantId}`) ?? []), this.key(id)]);
  }
  async find(id) { return kept.get(this.key(id)); }
  async findByUid(uid) { return this.find(kept.get(`uid:${uid}`)); }
  async consume(id) { kept.get(this.key(id)).consumed = Math.floor(Date.now() / 1000); }
  async destroy(id) { kept.delete(this.key(id)); }
  async revokeByGrantId(id) { for (const key of kept.get(`grant:${id}`) ?? []) kept.delete(key); }
}

const page = (title, body) => `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><link rel="icon" href="data:,"><title>${title}</title>${body}`;

function made(jwks) {
  return new Provider(issuer, {
    adapter: Kept,
    clients: said.clients,
    jwks,
    cookies: { keys: ['for the tests only'] },
    scopes: ['openid', 'profile', 'real_name', ...said.scopes],
    claims: { acr: null, openid: ['sub'], profile: ['name'], real_name: ['id_type', 'id_number'] },
    acrValues: ['L1', 'L2', 'L3', 'L4'],
    conformIdTokenClaims: said.claimsAtUserinfo,
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
    ttl: { Session: 3600, Grant: 3600, Interaction: 3600, AccessToken: 600, ClientCredentials: 600, IdToken: 600 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: { enabled: true },
      resourceIndicators: {
        enabled: true,
        // Without one, tokens are for the address where the provider tells about people.
        defaultResource: () => undefined,
        getResourceServerInfo: (ctx, resource, client) => ({
          scope: said.scopes.join(' '),
          audience: resource,
          accessTokenFormat: client['tokens'] ?? 'jwt',
          jwt: { sign: { alg: client.idTokenSignedResponseAlg } },
        }),
      },
    },
    extraClientMetadata: { properties: ['tokens'] },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...said.accounts[id].claims }) }),
    interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
    // Nobody is asked whether the client may know what it asks for.
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile real_name');
      await grant.save();
      return grant;
    },
  });
}

let provider = made(said.jwks);
let down = false;

async function interact(request, response) {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    response.end(page('统一身份认证（测试）', `<main><h1>统一身份认证（测试）</h1><form method="post">
      <label>账号 <input name="account"></label> <button name="answer" value="yes">登录</button>
      <button name="answer" value="no">取消</button></form></main>`));
    return;
  }
  let body = '';
  for await (const part of request) body += part;
  const form = new URLSearchParams(body);
  const account = form.get('account');
  const result = form.get('answer') === 'yes' && account in said.accounts
    ? { login: { accountId: account, acr: said.accounts[account].acr } }
    : { error: 'access_denied' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

server.on('request', (request, response) => {
  if (down) response.writeHead(502).end();
  else if (request.url.startsWith('/interaction/')) interact(request, response);
  else provider.callback()(request, response);
});
console.log(JSON.stringify({ issuer }));

const commands = {
  rotate: (jwks) => { provider = made(jwks); },
  down: (state) => { down = state; },
  accounts: (accounts) => { Object.assign(said.accounts, accounts); },
};
for await (const line of lines) {
  const [name, value] = JSON.parse(line);
  commands[name](value);
  console.log(JSON.stringify({ done: name }));
}
server.closeAllConnections();
server.close();
