/* watched.h - what tests of jobs/watch share: a state, and events as text */
#ifndef DN_TEST_WATCHED_H
#define DN_TEST_WATCHED_H

#include "jobs/watch/state.h"

extern const char watched_server[],
    watched_status[]; /* server.json of three ranks; a status in epoch 3 of 4 */

dn_watch_state *watched_new(void); /* of a run "runs/warm" that nothing is known of, for dn_watch_destroy() */
void watched_fold(dn_watch_state *s, const char *kind,
                  const char *text); /* it is sound JSON and folds well */

#endif
