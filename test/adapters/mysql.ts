/** A server that speaks MySQL's protocol, which mysql2 itself has; for one test file. */
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** A connection as the server has it; the names are the library's. */
interface ServerConnection {
  readonly stream: Socket;
  on(event: string, listener: (...args: never[]) => void): void;
  serverHandshake(options: object): void;
  writeOk(): void;
  writeError(error: { code: number; message: string }): void;
  writeTextResult(rows: object[], columns: object[], isBinary?: boolean): void;
  writePacket(packet: object): void;
  /** Each command starts anew; the library leaves that to whoever answers. */
  _resetSequenceId(): void;
}

interface Library {
  createServer(handler: (connection: ServerConnection) => void): {
    readonly _server: NetServer;
    listen(port: number, host: string): void;
  };
}

export interface Mysql {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Cuts all connections. */
  cut(): void;
  stop(): Promise<void>;
}

const CLOSE_STATEMENT = 0x19;

/** It knows `select <number> as <name>`, `bad …`, which is an error, and takes anything else for done. */
export async function startMysql(): Promise<Mysql> {
  const { createServer } = require('mysql2') as Library;
  const Packet = require(require.resolve('mysql2').replace(/index\.js$/, 'lib/packets/packet.js')) as new (
    id: number,
    buffer: Buffer,
    start: number,
    end: number,
  ) => object;
  const sockets = new Set<Socket>();
  const server = createServer((connection) => {
    const { stream } = connection;
    sockets.add(stream);
    stream.on('close', () => void sockets.delete(stream));
    connection.on('error', () => {});
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '8.0.0',
      connectionId: sockets.size,
      statusFlags: 2,
      characterSet: 45,
      // A database in the handshake, the protocol of 4.1, transactions, a password by its hash.
      capabilityFlags: 0x00_08 | 0x02_00 | 0x20_00 | 0x80_00,
      authCallback(_login: object, done: (error: null) => void) {
        done(null);
        connection._resetSequenceId();
      },
    });
    const answer = (text: string, isBinary: boolean): void => {
      const [, value, name] = /^select (\d+) as (\w+)$/.exec(text) ?? [];
      if (text.startsWith('bad')) connection.writeError({ code: 1064, message: `cannot do ${text}` });
      else if (name === undefined) connection.writeOk();
      else
        connection.writeTextResult(
          [{ [name]: value }],
          [
            {
              catalog: 'def',
              schema: 'shop',
              table: 't',
              orgTable: 't',
              name,
              orgName: name,
              characterSet: 45,
              columnLength: 384,
              columnType: 253,
              flags: 0,
              decimals: 0,
            },
          ],
          isBinary,
        );
      connection._resetSequenceId();
    };
    const prepared: string[] = [];
    connection.on('query', (text: string) => answer(text, false));
    connection.on('stmt_prepare', (text: string) => {
      // Done, the statement's number, no columns, no parameters, no warnings.
      const body = Buffer.from([0, prepared.push(text), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
      const buffer = Buffer.concat([Buffer.alloc(4), body]);
      connection.writePacket(new Packet(0, buffer, 0, buffer.length));
      connection._resetSequenceId();
    });
    connection.on('stmt_execute', (id: number) => answer(prepared[id - 1]!, true));
    // Such as a reset; nobody waits for an answer to the other.
    connection.on('packet', (_packet: object, isKnown: boolean, code: number) => {
      if (isKnown || code === CLOSE_STATEMENT) return;
      connection.writeOk();
      connection._resetSequenceId();
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => void server._server.once('listening', resolve));
  const { port } = server._server.address() as AddressInfo;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: '127.0.0.1',
    port,
    user: 'somebody',
    password: 'secret-word',
    database: 'shop',
    cut,
    async stop() {
      cut();
      await new Promise((resolve) => void server._server.close(resolve));
    },
  };
}
