/** aedes, an MQTT broker on Node. */

import { connectMqtt } from './mqtt.ts';
import { nodeServer, type Peer } from './peer.ts';

export const aedes: Peer = {
  name: 'aedes',
  terms: 'in clear; MQTT 3.1.1, QoS 1 both ways, so also echoed to the sender',
  launch: (place) => nodeServer('aedes-server.ts', place),
  connect: (target) => connectMqtt(target, 4),
};
