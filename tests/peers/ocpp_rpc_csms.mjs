// A back end made of the npm package ocpp-rpc, strict in 1.6 and 2.0.1; speaks as ocpp_csms.py does:
// prints its port, takes [action, fields] as lines, prints [what, name, fields] as lines.
import { createRequire } from 'node:module';
import readline from 'node:readline';

const { RPCServer, createRPCError } = createRequire(process.cwd() + '/')('ocpp-rpc');
const PASSWORD = 'a secret of 16 characters';
const speaks = process.argv.slice(2);
const say = (what, name, fields) => console.log(JSON.stringify([what, name, fields]));
const now = () => new Date().toISOString();
let numbers = 0;

// 2.2.1 looks for the schemas of 2.1 under names they do not have
const strictMode = speaks.filter((name) => name !== 'ocpp2.1');
const server = new RPCServer({ protocols: speaks, strictMode, respondWithDetailedErrors: true });

server.auth((accept, reject, handshake) => {
  const given = handshake.password && handshake.password.toString('utf8');
  return given === PASSWORD ? accept({}) : reject(401, 'who are you?');
});

function answers(old) {
  const token = { [old ? 'idTagInfo' : 'idTokenInfo']: { status: 'Accepted' } };
  return {
    BootNotification: () => ({ currentTime: now(), interval: 2, status: 'Accepted' }),
    Heartbeat: () => ({ currentTime: now() }),
    StatusNotification: () => ({}),
    SecurityEventNotification: () => ({}),
    Authorize: () => token,
    MeterValues: () => ({}),
    NotifyReport: () => ({}),
    StopTransaction: () => ({}),
    TransactionEvent: () => ({}),
    StartTransaction: () => ({ transactionId: ++numbers, ...token }),
  };
}

server.on('client', (client) => {
  say('connected', client.protocol, {});
  const known = answers(client.protocol === 'ocpp1.6');
  client.handle(({ method, params }) => {
    say('call', method, params);
    if (!(method in known)) throw createRPCError('NotImplemented');
    return known[method]();
  });
  client.on('strictValidationFailure', ({ error }) => say('wrong', 'schema', { why: String(error) }));
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const [action, fields] = JSON.parse(line);
    try {
      say('answer', action, await client.call(action, fields));
    } catch (error) {
      say('refused', action, { code: error.rpcErrorCode, why: String(error) });
    }
  });
  client.on('close', () => lines.close());
});

const http = await server.listen(0, '::1');
console.log(JSON.stringify(http.address().port));
