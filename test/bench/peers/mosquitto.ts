/** mosquitto, an MQTT broker in C. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectMqtt } from './mqtt.ts';
import type { Peer } from './peer.ts';

export const mosquitto: Peer = {
  name: 'mosquitto',
  terms: 'in clear; MQTT 5, QoS 1 both ways; queues without a bound',
  program: 'mosquitto',
  launch: ({ port, folder }) => {
    const file = join(folder, 'mosquitto.conf');
    const lines = [
      `listener ${port} 127.0.0.1`,
      'allow_anonymous true',
      'persistence false',
      'log_type error',
      'set_tcp_nodelay true',
      'max_inflight_messages 0',
      'max_queued_messages 0',
      'sys_interval 0',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return { command: 'mosquitto', arguments: ['-c', file] };
  },
  connect: (target) => connectMqtt(target, 5),
};
