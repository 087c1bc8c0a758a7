/** A bug of two halves: a client that comes back is told again what it was told, and tells it again. */

import { Groups } from '../../core/chat/groups.ts';
import { Memberships } from '../../core/client/memberships.ts';
import { replace } from './replacing.ts';

/** Plants both; either alone has no consequence but traffic. @returns what uproots them */
export function returnCarelessly(): () => void {
  const uproots = [
    replace(
      Groups.prototype,
      'attach',
      (attach) =>
        function (this: Groups, session, link) {
          return attach.call(this, session, link, []);
        },
    ),
    replace(
      Memberships.prototype,
      'resume',
      (resume) =>
        function (this: Memberships, groups) {
          for (const group of this.groups) this.delete(group);
          resume.call(this, groups);
        },
    ),
  ];
  return () => {
    for (const uproot of uproots) uproot();
  };
}
