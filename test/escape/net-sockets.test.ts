/** wasi:sockets: TCP and UDP to granted places, lookups, and nothing that listens. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../support/certificates.ts';
import {
  expectDenials,
  network,
  networkProbe,
  type GrantedProbe,
  type NetworkProbe,
} from '../support/network-engine.ts';
import {
  dohServer,
  httpServer,
  rebinding,
  tcpEcho,
  tcpServer,
  udpEcho,
  type Running,
} from '../support/network.ts';

const authority = createAuthority();
const loopback = '127.0.0.1';

let probes: NetworkProbe;
let echo: Running;
let udp: Running;
let doh: Running;
let dns: string;
let skill: GrantedProbe;

beforeAll(async () => {
  echo = await tcpEcho();
  udp = await udpEcho();
  doh = await dohServer(
    authority.issue([loopback]),
    rebinding({
      'db.example.test': [[loopback, '10.0.0.9']],
      'inside.example.test': [['10.0.0.9']],
    }),
  );
  dns = `https://${loopback}:${doh.port}/dns-query`;
  probes = await networkProbe([authority.cert]);
  skill = await probes.skill(
    network({ ips: [loopback], ports: [echo.port, udp.port], protocols: ['tcp', 'udp'], dns }),
  );
});

afterAll(async () => {
  await probes[Symbol.asyncDispose]();
  for (const server of [echo, udp, doh]) await server[Symbol.asyncDispose]();
});

afterEach(() => probes.stillWorks());

describe('TCP', () => {
  it('bytes go and come back, and both sides end', async () => {
    const run = await skill.run(
      `const { socket, input, output } = connectTcp('${loopback}', args);
       output.blockingWriteAndFlush(utf8.encode('hello'));
       const first = utf8.decode(input.blockingRead(100));
       socket.shutdown('send');
       const end = attempt(() => input.blockingRead(100));
       return [first, end, socket.remoteAddress(), socket.localAddress().tag, socket.isListening(), socket.addressFamily()]`,
      echo.port,
    );
    expect(run.value).toEqual([
      'hello',
      { error: { tag: 'closed' } },
      { tag: 'ipv4', val: { port: echo.port, address: [127, 0, 0, 1] } },
      'ipv4',
      false,
      'ipv4',
    ]);
  });

  it('a megabyte passes both ways through bounded buffers', async () => {
    const run = await skill.run(
      `const { input, output } = connectTcp('${loopback}', args);
       const total = 1048576; let sent = 0; let got = 0; let wrong = 0;
       while (got < total) {
         const permit = sent < total ? output.checkWrite() : 0;
         if (permit > 0) {
           const chunk = new Uint8Array(Math.min(Number(permit), total - sent, 65536));
           for (let i = 0; i < chunk.length; i += 1) chunk[i] = (sent + i) % 253;
           output.write(chunk); sent += chunk.length;
         } else {
           const chunk = input.blockingRead(65536);
           for (let i = 0; i < chunk.length; i += 1) if (chunk[i] !== (got + i) % 253) wrong += 1;
           got += chunk.length;
         }
       }
       return [sent, got, wrong]`,
      echo.port,
    );
    expect(run.value).toEqual([1_048_576, 1_048_576, 0]);
  });

  it('a receiver that does not read stops the sender, not the host', async () => {
    await using deaf = await tcpServer((socket) => socket.pause());
    const other = await probes.skill(
      `network = ["tcp://${loopback}:${deaf.port}"]\n[skill.resources]\ntimeout = 2`,
    );
    const run = await other.run(
      `const { output } = connectTcp('${loopback}', args);
       let sent = 0;
       for (;;) {
         const permit = Number(output.checkWrite());
         if (permit === 0) {
           const timer = wasi.clocks.monotonicClock.subscribeDuration(100000000);
           if (wasi.io.poll.poll([output.subscribe(), timer])[0] === 1) break;
           continue;
         }
         output.write(new Uint8Array(permit)); sent += permit;
         if (sent > 64 * 1048576) return 'no backpressure';
       }
       return 'stopped'`,
      deaf.port,
    );
    expect(run.value).toBe('stopped');
  });

  it('options: what the platform has is set, what it has not is refused', async () => {
    const run = await skill.run(
      `const { socket } = connectTcp('${loopback}', args);
       socket.setKeepAliveEnabled(true); socket.setKeepAliveIdleTime(1500000000);
       return [socket.keepAliveEnabled(), socket.keepAliveIdleTime(), socket.hopLimit(),
         ...[() => socket.setKeepAliveInterval(1), () => socket.setKeepAliveInterval(0), () => socket.setHopLimit(0), () => socket.setHopLimit(7),
             () => socket.setReceiveBufferSize(0), () => socket.setReceiveBufferSize(1), () => socket.setKeepAliveIdleTime(0)].map(attempt)]`,
      echo.port,
    );
    const [bad, not, well] = [{ error: 'invalid-argument' }, { error: 'not-supported' }, {}];
    expect(run.value).toEqual([
      true,
      2_000_000_000,
      64,
      not,
      bad,
      bad,
      not,
      bad,
      expect.objectContaining(well) as object,
      bad,
    ]);
  });

  it('a refused connection, and every wrong order of steps', async () => {
    const gone = await tcpServer(() => {});
    await gone[Symbol.asyncDispose]();
    const other = await probes.skill(`network = ["tcp://${loopback}:${gone.port}"]`);
    const run = await other.run(
      `const network = wasi.sockets.instanceNetwork.instanceNetwork();
       const socket = wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4');
       const early = [attempt(() => socket.finishConnect()), attempt(() => socket.remoteAddress()), attempt(() => socket.shutdown('both')), attempt(() => socket.accept())];
       const wrongFamily = attempt(() => socket.startConnect(network, { tag: 'ipv6', val: { port: args, flowInfo: 0, address: [0,0,0,0,0,0,0,1], scopeId: 0 } }));
       socket.startConnect(network, ipv4('${loopback}', args));
       const twice = attempt(() => socket.startConnect(network, ipv4('${loopback}', args)));
       pollOn(socket.subscribe());
       return [early, wrongFamily, twice, attempt(() => socket.finishConnect())]`,
      gone.port,
    );
    expect(run.value).toEqual([
      [
        { error: 'not-in-progress' },
        { error: 'invalid-state' },
        { error: 'invalid-state' },
        { error: 'invalid-state' },
      ],
      { error: 'invalid-argument' },
      { error: 'invalid-state' },
      { error: 'connection-refused' },
    ]);
  });

  it('NET-03 binding and listening are refused and recorded', async () => {
    const run = await skill.run(
      `const network = wasi.sockets.instanceNetwork.instanceNetwork();
       const socket = wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4');
       return [attempt(() => socket.startBind(network, ipv4('0.0.0.0', 0))), attempt(() => socket.startBind(network, ipv4('${loopback}', 8080))),
         attempt(() => socket.startListen()), attempt(() => socket.finishListen()), attempt(() => socket.accept())]`,
    );
    expect(run.value).toEqual([
      { error: 'access-denied' },
      { error: 'access-denied' },
      { error: 'access-denied' },
      { error: 'not-in-progress' },
      { error: 'invalid-state' },
    ]);
    await expectDenials(probes, run, ['NETWORK_LISTEN', 'NETWORK_LISTEN']);
  });

  it('NET-17 another port, another address, a zone, IPv4 in IPv6, the wildcard', async () => {
    await using other = await tcpEcho();
    const run = await skill.run(
      `const network = wasi.sockets.instanceNetwork.instanceNetwork();
       const six = (address, port, scopeId = 0) => attempt(() => {
         const socket = wasi.sockets.tcpCreateSocket.createTcpSocket('ipv6');
         socket.startConnect(network, { tag: 'ipv6', val: { port, flowInfo: 0, address, scopeId } });
       });
       return [
         attempt(() => connectTcp('${loopback}', args.other)), attempt(() => connectTcp('${loopback}', 0)),
         attempt(() => connectTcp('10.0.0.1', args.port)), attempt(() => connectTcp('0.0.0.0', args.port)),
         six([0,0,0,0,0,65535,32512,1], args.port), six([65152,0,0,0,0,0,0,1], args.port, 1), six([0,0,0,0,0,0,0,1], args.port),
         six([0,0,0,0,0,0,0,0], args.port), six([100,65435,0,0,0,0,32512,1], args.port),
       ]`,
      { port: echo.port, other: other.port },
    );
    const [no, bad] = [{ error: 'access-denied' }, { error: 'invalid-argument' }];
    expect(run.value).toEqual([no, bad, no, no, bad, bad, no, no, no]);
    expect(run.result.denials[0]).toMatchObject({
      code: 'NETWORK_PORT',
      resource: `tcp://${loopback}:${other.port}`,
    });
    expect(other.arrived()).toBe(0);
  });
});

describe('UDP', () => {
  const open = `
    const network = wasi.sockets.instanceNetwork.instanceNetwork();
    const socket = wasi.sockets.udpCreateSocket.createUdpSocket('ipv4');
    const bind = (address, port) => { socket.startBind(network, ipv4(address, port)); pollOn(socket.subscribe()); socket.finishBind(); };
    const sendTo = (outgoing, text, remoteAddress) => { outgoing.checkSend(); return outgoing.send([{ data: utf8.encode(text), remoteAddress }]); };`;

  it('datagrams to a granted place come back, connected or not', async () => {
    const run = await skill.run(
      `${open} bind('0.0.0.0', 0);
       const answers = [undefined, ipv4('${loopback}', args)].map((peer) => {
         const [incoming, outgoing] = socket.stream(peer);
         sendTo(outgoing, 'ping', peer === undefined ? ipv4('${loopback}', args) : undefined);
         pollOn(incoming.subscribe());
         const answer = incoming.receive(10).map(({ data, remoteAddress }) => [utf8.decode(data), remoteAddress.val.port]);
         incoming[Symbol.dispose]?.(); outgoing[Symbol.dispose]?.();
         return answer;
       });
       return [answers, socket.remoteAddress().val.port, socket.localAddress().val.port > 0]`,
      udp.port,
    );
    expect(run.value).toEqual([[[['ping', udp.port]], [['ping', udp.port]]], udp.port, true]);
  });

  it('NET-03 each datagram is judged by where it goes, and no port can be chosen', async () => {
    const before = udp.arrived();
    const run = await skill.run(
      `${open}
       const binds = [attempt(() => bind('0.0.0.0', 8053)), attempt(() => bind('${loopback}', 0))];
       const unbound = attempt(() => socket.stream(undefined));
       bind('0.0.0.0', 0);
       const [incoming, outgoing] = socket.stream(undefined);
       const sends = [['${loopback}', 1], ['10.0.0.1', args], ['255.255.255.255', args], ['224.0.0.1', args], ['169.254.169.254', args], ['${loopback}', 0]]
         .map(([address, port]) => attempt(() => sendTo(outgoing, 'x', ipv4(address, port))));
       const [, connected] = [0, attempt(() => socket.stream(ipv4('10.0.0.1', args)))];
       return [binds, unbound, sends, connected]`,
      udp.port,
    );
    const no = { error: 'access-denied' };
    expect(run.value).toEqual([
      [no, no],
      { error: 'invalid-state' },
      [no, no, no, no, no, { error: 'invalid-argument' }],
      no,
    ]);
    expect(run.result.denials.map(({ code }) => code)).toContain('NETWORK_LISTEN');
    expect(udp.arrived()).toBe(before);
  });

  it("a stranger's datagram does not reach the guest", async () => {
    const { createSocket } = await import('node:dgram');
    const stranger = createSocket('udp4');
    const spoken = createSocket('udp4');
    spoken.on('message', (data, from) => {
      // The stranger speaks first.
      stranger.send('stranger', from.port, from.address, () =>
        spoken.send(data, from.port, from.address),
      );
    });
    await new Promise<void>((resolve) => spoken.bind(0, loopback, resolve));
    const { port } = spoken.address();
    const other = await probes.skill(`network = ["udp://${loopback}:${port}"]`);
    const run = await other.run(
      `${open} bind('0.0.0.0', 0);
       const [incoming, outgoing] = socket.stream(undefined);
       sendTo(outgoing, 'known', ipv4('${loopback}', args));
       pollOn(incoming.subscribe());
       wasi.clocks.monotonicClock.subscribeDuration(50000000).block();
       return incoming.receive(10).map(({ data }) => utf8.decode(data))`,
      port,
    );
    stranger.close();
    spoken.close();
    expect(run.value).toEqual(['known']);
  });
});

describe('lookups', () => {
  it('a name leads to its granted addresses, and a connection to one of them is judged by the name', async () => {
    const named = await probes.skill(
      network({
        domains: ['db.example.test'],
        ips: ['127.0.0.0/8'],
        ports: [echo.port],
        protocols: ['tcp'],
        dns,
      }),
    );
    const run = await named.run(
      `const addresses = lookUp('DB.example.test.');
       const { input, output } = connectTcp(addresses[0], args);
       output.blockingWriteAndFlush(utf8.encode('x'));
       return [addresses, utf8.decode(input.blockingRead(1)), attempt(() => connectTcp('10.0.0.9', args))]`,
      echo.port,
    );
    expect(run.value).toEqual([['127.0.0.1'], 'x', { error: 'access-denied' }]);
  });

  it('NET-09 a name whose addresses are all private tells nothing', async () => {
    const named = await probes.skill(
      network({ domains: ['*.example.test'], ports: [echo.port], protocols: ['tcp'], dns }),
    );
    const run = await named.run(
      `return ['inside.example.test', 'db.example.test', 'missing.example.test', 'other.test', 'a b'].map((name) => attempt(() => lookUp(name)))`,
    );
    expect(run.value).toEqual([
      { error: 'access-denied' },
      { error: 'access-denied' },
      { error: 'name-unresolvable' },
      { error: 'access-denied' },
      { error: 'invalid-argument' },
    ]);
    expect(new Set(run.result.denials.map(({ code }) => code))).toEqual(
      new Set(['NETWORK_SPECIAL_ADDRESS', 'NETWORK_NOT_GRANTED', 'NETWORK_MALFORMED']),
    );
  });

  it('NET-05 an address is its own answer, if it is granted', async () => {
    const run = await skill.run(
      `return ['127.1', '0x7f000001', '10.0.0.1', '::1'].map((name) => attempt(() => lookUp(name)))`,
    );
    const found = { value: ['127.0.0.1'] };
    expect(run.value).toEqual([
      found,
      found,
      { error: 'access-denied' },
      { error: 'access-denied' },
    ]);
  });
});

it('one poll waits for sockets, requests and timers together', async () => {
  let respond = () => {};
  await using server = await httpServer((_, response) => {
    respond = () => response.end('late');
  });
  await using control = await tcpServer((socket) =>
    socket.on('data', (data) => (String(data) === 'a' ? socket.write('x') : respond())),
  );
  const mixed = await probes.skill(
    network({ ips: [loopback], ports: [server.port, control.port], protocols: ['http', 'tcp'] }),
  );
  const run = await mixed.run(
    `const { input, output } = connectTcp('${loopback}', args.tcp);
     const { Fields, OutgoingRequest } = wasi.http.types;
     const request = new OutgoingRequest(new Fields());
     request.setScheme({ tag: 'HTTP' }); request.setAuthority('${loopback}:' + args.http); request.setPathWithQuery('/');
     const future = wasi.http.outgoingHandler.handle(request, undefined);
     const clock = wasi.clocks.monotonicClock;
     const list = [clock.subscribeDuration(3600000000000), future.subscribe(), input.subscribe()];
     const poll = (...more) => Array.from(wasi.io.poll.poll([...list, ...more]));
     // Nothing comes before this guest asks for it: first the timer, then the socket, then the response.
     const order = [poll(clock.subscribeDuration(100000000)), list.map((pollable) => pollable.ready())];
     output.blockingWriteAndFlush(utf8.encode('a'));
     order.push(poll(), utf8.decode(input.blockingRead(10)));
     output.blockingWriteAndFlush(utf8.encode('b'));
     order.push(poll(), future.get().val.val.status());
     return order`,
    { tcp: control.port, http: server.port },
  );
  expect(run.value).toEqual([[3], [false, false, false], [2], 'x', [1], 200]);
});

it('the same place named many times in one poll is one question, and every place is answered', async () => {
  const run = await skill.run(
    `const { input, output } = connectTcp('${loopback}', args);
     output.blockingWriteAndFlush(utf8.encode('x'));
     input.subscribe().block();
     const many = Array.from({ length: 1000 }, () => input.subscribe());
     return wasi.io.poll.poll(many).length`,
    echo.port,
  );
  expect(run.value).toBe(1000);
});

it('a budget that is used up is an ordinary error for the guest, and names itself when the tool fails', async () => {
  const run = await skill.run(
    `const sockets = [];
     const refused = attempt(() => { for (;;) sockets.push(wasi.sockets.tcpCreateSocket.createTcpSocket('ipv4')); });
     const message = sockets.length + ' ' + refused.error;
     return { toJSON() { throw { tag: 'failed', val: { code: null, message, details: null } }; } }`,
  );
  expect(run.result.error).toMatchObject({
    code: 'NETWORK_LIMIT',
    message: expect.stringContaining('256 new-socket-limit') as string,
    details: { limit: '256 sockets, requests and lookups at once' },
  });
  const record = await probes.engine.audit.get(run.result.executionId);
  expect(record).toMatchObject({ status: 'failure', error_code: 'NETWORK_LIMIT' });
});

it('a pollable that outlives its socket ends the invocation, as a trap', async () => {
  const run = await skill.run(
    `const { socket, input, output } = connectTcp('${loopback}', args);
     const pollable = socket.subscribe();
     for (const resource of [input, output, socket]) resource[Symbol.dispose]();
     return pollable.ready()`,
    echo.port,
  );
  expect(run.result.error?.code).toBe('GUEST_TRAP');
});
