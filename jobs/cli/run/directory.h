/* directory.h - the directory that a run writes into. Local; called on rank 0. */
#ifndef DN_CLI_DIRECTORY_H
#define DN_CLI_DIRECTORY_H

#include <stdbool.h>
#include <stdio.h>
#include "solvers/base/error.h"

/* Make path and what is missing above it; one that is there is fine, and keeps its mode. What is made is this
 * user's alone (0700); above it, as the umask has it.
 * Fails: DN_ECANTCREAT it cannot be made, or is not a directory */
DN_MUST_CHECK dn_status dn_directory_make(const char *path, dn_error *err);

/* Whether a directory holds nothing but a lock (run_lock.h) and a checkpoint that was never complete. Fails:
 * DN_EIO */
DN_MUST_CHECK dn_status dn_directory_empty(const char *path, bool *out, dn_error *err);

/* Make sure, before hours of work, that a run may write into path: it is made where it is absent; otherwise
 * it is empty, or config_path holds this very config, of a run that did not finish (which is logged), or
 * force.
 *
 *   area      of the log line
 *   out_made  it was absent; set on failure, too
 *
 * Fails: DN_ECANTCREAT it holds something else, or cannot be made */
DN_MUST_CHECK dn_status dn_directory_claim(const char *path, const char *config_path, const char *config,
                                           bool force, const char *area, bool *out_made, dn_error *err);

/* Remove the files that are ours by their names. Fails: DN_ECANTCREAT, DN_EIO */
DN_MUST_CHECK dn_status dn_directory_clear(const char *path, bool (*ours)(const char *name), dn_error *err);

/* All of a file to a stream. Fails: DN_ENOINPUT */
DN_MUST_CHECK dn_status dn_file_print(const char *path, FILE *to, dn_error *err);

/* Rank 0, when all has been printed. Fails: DN_EIO stdout is broken; the results stand in dir all the same */
DN_MUST_CHECK dn_status dn_stdout_end(const char *dir, dn_error *err);

/* Whether path holds exactly this text; an absent file does not. */
bool dn_file_equals(const char *path, const char *text);

#endif
