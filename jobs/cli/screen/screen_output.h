/* screen_output.h - a screen as tables, JSON and a digest. Local; by rank 0. */
#ifndef DN_CLI_SCREEN_OUTPUT_H
#define DN_CLI_SCREEN_OUTPUT_H

#include <stdio.h>
#include "mpi/screen/screen_run.h"

/* screen.tsv in dir: the hits, one a line. Fails: DN_ECANTCREAT, DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_screen_write_tsv(const dn_screen_run *run, const dn_screen_wish *wish,
                                            const char *dir, dn_error *err);

/* aliases.tsv in dir: entries of --molecules and --sequences that are screened under another id, because
 * their molecule or sequence has one already; rejected.tsv: those that were set aside, with reasons. Not
 * written when there are none. */
DN_MUST_CHECK dn_status dn_screen_write_aliases(const dn_screen_run *run, const char *dir, dn_error *err);
DN_MUST_CHECK dn_status dn_screen_write_rejected(const dn_screen_run *run, const char *dir, dn_error *err);

/* edges.tsv in dir: the hits as signed edges for `dragnet import --edges`; the weight is the probability of
 * the sign, at the prevalence where one was stated, else calibrated, else as the network has it. */
DN_MUST_CHECK dn_status dn_screen_write_edges(const dn_screen_run *run, const dn_screen_wish *wish,
                                              const char *dir, dn_error *err);

/* summary.json in dir. */
DN_MUST_CHECK dn_status dn_screen_write_summary(const dn_screen_run *run, const dn_screen_wish *wish,
                                                const char *dir, dn_error *err);

/* For a person: counts, precision on test rows, the first hits. */
void dn_screen_print(const dn_screen_run *run, const dn_screen_wish *wish, FILE *to);

#endif
